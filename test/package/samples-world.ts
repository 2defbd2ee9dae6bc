/** The files that samples of the guides use: small, and of the right kind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { VOC_CLASSES } from '../../src/labels.ts';
import type { Zones } from '../../src/stream/zones.ts';
import { ffmpeg, hasFfmpeg, videoFolder } from '../../support/video/ffmpeg.ts';
import { png, type Tree, vocObject, vocXml } from '../datasets/tree.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const bytes = (path: string) => readFileSync(join(ROOT, path));

const VOC_FOLDERS = [
  ...['VOCdevkit/VOC2007', 'VOC2007', 'voc07', 'voc07-slice', 'voc-animals'],
  ...['bccd', 'cells', 'boxes', 'path/to/data'],
];
const SPLITS = { train: ['1', '2'], val: ['3'], trainval: ['1', '2', '3'], test: ['4', '5'] };
/** Folders for the results of trainings and conversions, which later lines use. */
const MODELS = ['my', 'model', 'voc', 'voc320', 'runs/first/best', 'runs/cells/best'];
/** Initial weights of trainings. */
const STARTS = ['backbone', 'ssd-mobilenetv2', 'ssd-mobilenetv2-oid4'];

export function samplesWorld(): Tree {
  const [cat, astronaut] = ['examples/cat.jpg', 'examples/astronaut.jpg'].map(bytes);
  const model = bytes('models/default.safetensors');
  return {
    'photo.jpg': cat,
    'cat.jpg': cat,
    'street.jpg': astronaut,
    'aerial.jpg': astronaut,
    'photos/cat.jpg': cat,
    'examples/cat.jpg': cat,
    'photos/astronaut.jpg': astronaut,
    ...ownImages,
    ...Object.fromEntries([...MODELS, ...STARTS].map((name) => [`${name}.safetensors`, model])),
    ...Object.assign({}, ...VOC_FOLDERS.map(vocFolder)),
    ...cocoFolder('coco', ['train', 'val2017', 'train2017']),
    ...cocoFolder('coco-mini', ['train2017']),
    ...cocoFolder('coco-people', ['val2017']),
    ...recipes,
    'results.json': JSON.stringify([
      { image_id: 2, category_id: 1, bbox: [5, 5, 20, 20], score: 0.9 },
    ]),
    ...vocResults('results'),
    ...motVideo,
    ...films(),
    'photos.txt': 'photos/cat.jpg\nphotos/astronaut.jpg\n',
    'sweep.json': JSON.stringify(sweep),
    'zones.json': JSON.stringify(ZONES),
  };
}

/** A training of one step. */
const sweep = {
  base: { steps: 1, batch: 1, workers: 1, inputSizes: [{ from: 0, sizes: [64] }], init: 'none' },
  options: { data: [{ path: 'boxes', split: 'train' }] },
  out: 'runs/sweep',
};

/** Images with labels and without splits. */
const ownImages: Tree = {
  'own/classes.txt': 'red cell\nwhite cell\n',
  ...Object.fromEntries(
    ['plate', 'dish', 'slide', 'tube', 'well', 'flask'].flatMap((name, i) => [
      [`own/images/${name}.png`, png(40, 30, 200 + i)],
      [`own/labels/${name}.txt`, `${i % 2} 0.5 0.5 0.4 0.4\n`],
    ]),
  ),
};

const SQUARE = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;
const ZONES: Zones = {
  lines: [
    {
      name: 'gate',
      points: [
        [0.5, 0],
        [0.5, 1],
      ],
    },
  ],
  zones: [{ name: 'meadow', points: SQUARE }],
};

/** Three seconds of the cat, and clips of it; none without ffmpeg, and not used then. */
function films(): Tree {
  if (!hasFfmpeg) return {};
  const { at, remove } = videoFolder();
  const cat = fileURLToPath(new URL('../../examples/cat.jpg', import.meta.url));
  const even = ['-vf', 'crop=450:300', '-pix_fmt', 'yuv420p', '-c:v', 'libx264'];
  ffmpeg('-loop', '1', '-framerate', '4', '-i', cat, '-t', '3', ...even, at('street.mp4'));
  const film = readFileSync(at('street.mp4'));
  remove();
  return { 'street.mp4': film, 'clips/day.mp4': film, 'clips/night.mp4': film };
}

/** Ground truth of two videos, and tracks of both. */
const motVideo = Object.fromEntries(
  ['TUD-Campus/gt/gt.txt', 'MOT17/train/one/gt/gt.txt', 'tracks.txt', 'mot-results/one.txt'].map(
    (file) => [file, '1,1,5,5,20,20,1,1,1\n'],
  ),
);

/** The trainings of the package's models, in full. */
const recipes = Object.fromEntries(
  globSync('models/recipes/*.json', { cwd: ROOT }).map((name) => [name, bytes(name)]),
);

function vocFolder(folder: string, set: number): Tree {
  const files: Record<string, string | Uint8Array> = {};
  for (const [split, ids] of Object.entries(SPLITS)) {
    files[`${folder}/ImageSets/Main/${split}.txt`] = ids.map((id) => `${id}\n`).join('');
  }
  const objects = ['person', 'dog', 'cat', 'aeroplane', 'tvmonitor'].map((name, i) =>
    vocObject(name, [2 + i, 2, 30 + i, 25]),
  );
  for (const id of [...SPLITS.trainval, ...SPLITS.test]) {
    files[`${folder}/Annotations/${id}.xml`] = vocXml(objects.join(''));
    files[`${folder}/JPEGImages/${id}.png`] = png(40, 30, 10 * set + Number(id));
  }
  return files;
}

function cocoFolder(folder: string, splits: readonly string[]): Tree {
  const categories = ['cat', 'dog'].map((name, i) => ({ id: i + 1, name }));
  const entries = splits.map((split, i) => {
    const image = { id: i + 1, file_name: `${split}.png`, width: 40, height: 30 };
    const box = { bbox: [5, 5, 20, 20], area: 400, iscrowd: 0 };
    const annotations = categories.map(({ id }) => ({
      ...box,
      id: 10 * image.id + id,
      image_id: image.id,
      category_id: id,
    }));
    return [
      [
        `${folder}/annotations/instances_${split}.json`,
        { images: [image], annotations, categories },
      ],
      [`${folder}/images/${split}.png`, png(40, 30, 100 + i)],
    ] as const;
  });
  return Object.fromEntries(
    entries
      .flat()
      .map(([path, content]) => [
        path,
        content instanceof Uint8Array ? content : JSON.stringify(content),
      ]),
  );
}

function vocResults(folder: string): Tree {
  const file = (name: string) => `${folder}/comp4_det_test_${name}.txt`;
  const found = (name: string) => (name === 'cat' ? '4 0.9 4 2 32 25\n' : '');
  return Object.fromEntries(VOC_CLASSES.map((name) => [file(name), found(name)]));
}
