/** Annotations of datasets. */
import path from 'node:path';
import type { Dataset } from '../../../src/datasets/dataset-types.ts';
import { checkDataset, loadDataset } from '../../../src/datasets/index.ts';
import { readYoloConfig } from '../../../src/datasets/yolo/yolo-config.ts';
import { RefineDetError } from '../../../src/errors.ts';
import { png, type Tree, vocObject, vocTree, vocXml } from '../../datasets/tree.ts';
import { encoded, type FuzzTarget, require } from '../target.ts';
import { inputFolder } from './folder.ts';

/** Checks the promises about every loaded dataset. */
function checkLoaded({ images, classes }: Dataset, folder: string): void {
  for (const { path: file, fileName, boxes } of images) {
    require(path.isAbsolute(file), file);
    require(path.relative(folder, file).split(path.sep)[0] !== '..', file);
    require(!fileName.split('/').includes('..') && !path.isAbsolute(fileName), fileName);
    for (const { classId, box } of boxes) {
      require(classes[classId] !== undefined, `the class ${classId}`);
      require(Object.values(box).every(Number.isFinite), `the box ${JSON.stringify(box)}`);
      require(box.width > 0 && box.height > 0, `the box ${JSON.stringify(box)}`);
    }
  }
}

/** A target that loads and checks the dataset of a folder in which one file is the input. */
function inFolder(
  name: string,
  file: string,
  tree: Tree,
  options: { seeds: readonly string[]; words: readonly string[]; location?: string },
): FuzzTarget {
  const { folder, write } = inputFolder(file, tree);
  return {
    name,
    seeds: () => options.seeds.map(encoded),
    words: options.words,
    folder,
    async read(input) {
      write(input);
      const location = path.join(folder(), options.location ?? '');
      await checkUnlessRefused(location);
      checkLoaded(await loadDataset(location), folder());
    },
  };
}

/** Checking continues where loading stops, so it reaches further. */
async function checkUnlessRefused(location: string): Promise<void> {
  try {
    await checkDataset(location);
  } catch (error) {
    if (!(error instanceof RefineDetError)) throw error;
  }
}

const OBJECTS = vocObject('cat', [3, 4, 17.5, 9]) + vocObject('dog', [1, 1, 2, 2], 1);
const XML_WORDS = [
  ...['<object>', '</object>', '<bndbox>', '</bndbox>', '<name>', '</name>', '<xmin>', '</xmin>'],
  ...['<!DOCTYPE a [<!ENTITY b "c">]>', '&b;', '&amp;', '&#0;', '&#x110000;', '&lt', '<![CDATA['],
  ...[
    ']]>',
    '<!--',
    '-->',
    '<?xml version="1.1"?>',
    '<?x',
    '<a b="c" b="c">',
    '<a:b xmlns:a="c"/>',
  ],
  '<part><name>head</name></part>',
];
const VOC = vocTree({ a: vocXml(OBJECTS) });

const COCO = JSON.stringify({
  info: { year: 2017, nested: [[{}]] },
  categories: [
    { id: 1, name: 'cat' },
    { id: 90, name: '__proto__' },
  ],
  images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
  annotations: [
    { id: 1, image_id: 1, category_id: 1, bbox: [1, 2.5, 3, 4], iscrowd: 0, area: 12 },
    { id: 2, image_id: 1, category_id: 90, bbox: [0, 0, 40, 30], iscrowd: 1 },
  ],
});
const COCO_WORDS = ['"images":', '"annotations":', '"categories":', '"bbox":[0,0,1,1]', '"id":1'];

const YAML = 'path: .\ntrain: train.txt\nval: [images]\nnc: 2\nnames:\n  0: cat\n  1: "dog"\n';
const YAML_WORDS = [
  ...[
    '&a ',
    '*a',
    '- ',
    '? ',
    ': ',
    '|\n',
    '>\n',
    '!!binary ',
    '!!js/function ',
    '<<: *a',
    '---\n',
  ],
  ...['%TAG ! x\n', '#', "'", 'names:', 'train:', 'path:', 'kpt_shape: [17, 3]\n', '[*a,*a,*a]'],
];
const YOLO: Tree = {
  'data.yaml': 'train: train.txt\nnames: [cat, dog]\n',
  'train.txt': './images/a.png\n',
  'images/a.png': png(40, 30),
  'labels/a.txt': '1 0.5 0.5 0.25 0.5\n',
};

/** A data.yaml may refer to images anywhere, so this target reads only the file itself. */
const config = inputFolder('data.yaml', YOLO);
const yoloConfig: FuzzTarget = {
  name: 'yolo-config',
  seeds: () => [YAML, 'train: images\nnames: [cat, dog]\n'].map(encoded),
  words: YAML_WORDS,
  folder: config.folder,
  async read(input) {
    const { classes, splits, root } = await readYoloConfig(config.write(input));
    require(path.isAbsolute(root), `the root ${root}`);
    require(new Set(classes).size === classes.length, `the classes ${classes}`);
    for (const entry of [...splits.values()].flat()) require(path.isAbsolute(entry), entry);
  },
};

export const DATASET_TARGETS: readonly FuzzTarget[] = [
  inFolder('voc-xml', 'Annotations/a.xml', VOC, {
    seeds: [vocXml(OBJECTS), vocXml()],
    words: XML_WORDS,
  }),
  inFolder('voc-list', 'ImageSets/Main/train.txt', VOC, {
    seeds: ['a\n', 'a 1\n\na -1\n'],
    words: ['a', ' -1', '\r\n', 'b'],
  }),
  inFolder('voc-classes', 'classes.txt', VOC, { seeds: ['cat\ndog\n'], words: ['cat', 'dog'] }),
  inFolder(
    'coco',
    'train.json',
    { 'a.png': png(40, 30) },
    { seeds: [COCO], words: COCO_WORDS, location: 'train.json' },
  ),
  yoloConfig,
  inFolder('yolo-list', 'train.txt', YOLO, {
    seeds: ['./images/a.png\n', 'images\\a.png\r\nimages/a.png'],
    words: ['images/a.png', 'images/b.png', '\r\n', './'],
  }),
  inFolder('yolo-labels', 'labels/a.txt', YOLO, {
    seeds: ['1 0.5 0.5 0.25 0.5\n0 .1 .1 .3 .1 .3 .4\n', ''],
    words: ['1 0.5 0.5 0.25 0.5\n', ' 0.1', '\t', '\r', '-0', '1e-5'],
  }),
];
