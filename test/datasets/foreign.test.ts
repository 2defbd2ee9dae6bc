/** Datasets as people have them: hidden entries, encodings, odd names, several folders. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataset, loadDataset } from '../../src/datasets/index.ts';
import { emptyFolder, folderWith, png, type Tree, vocObject, vocXml } from './tree.ts';

const NUT = vocXml(vocObject('nut', [11, 11, 20, 20]));
const APPLE_DOUBLE = Buffer.from([0, 5, 0x16, 7, 0, 2, 0, 0]);
const LABEL = '0 .5 .5 .2 .2\n';
const YAML = 'train: images/train\nnames: [nut]\n';

async function summary(tree: Tree, location = '') {
  const report = await checkDataset(path.join(folderWith(tree), location));
  const found = [...report.errors, ...report.warnings, ...report.notes];
  const splits = Object.entries(report.stats.splits);
  return {
    splits: Object.fromEntries(splits.map(([name, { images, boxes }]) => [name, [images, boxes]])),
    found: found.map(({ code, file }) => `${code} ${path.basename(file ?? '')}`),
    classes: report.classes,
  };
}

describe('names that begin with a dot', () => {
  it.each<[string, Tree]>([
    [
      'of VOC',
      {
        'Annotations/a.xml': NUT,
        'Annotations/._a.xml': APPLE_DOUBLE,
        'JPEGImages/a.png': png(40, 30),
        'JPEGImages/._a.png': APPLE_DOUBLE,
      },
    ],
    [
      'of YOLO',
      {
        'data.yaml': YAML,
        '._data.yaml': APPLE_DOUBLE,
        'images/train/a.png': png(40, 30),
        'images/train/._a.png': APPLE_DOUBLE,
        'images/train/.ipynb_checkpoints/a-checkpoint.png': png(40, 30),
        'labels/train/a.txt': LABEL,
        'labels/train/._a.txt': APPLE_DOUBLE,
      },
    ],
    [
      'in lists of YOLO',
      {
        'data.yaml': 'train: train.txt\nnames: [nut]\n',
        'train.txt': 'images/a.png\nimages/._a.png\n',
        'images/a.png': png(40, 30),
        'images/._a.png': APPLE_DOUBLE,
        'labels/a.txt': LABEL,
      },
    ],
    [
      'of COCO',
      {
        'annotations/train.json': coco(),
        'annotations/._train.json': APPLE_DOUBLE,
        'a.png': png(40, 30),
      },
    ],
  ])('%s are not there', async (_, tree) => {
    expect(await summary(tree)).toEqual({ splits: { train: [1, 1] }, found: [], classes: ['nut'] });
  });
});

function coco(more: object = {}): string {
  return JSON.stringify({
    images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 9, 9] }],
    categories: [{ id: 1, name: 'nut' }],
    ...more,
  });
}

describe('the encoding of a text', () => {
  const voc = (xml: Uint8Array): Tree => ({
    'Annotations/a.xml': xml,
    'JPEGImages/a.png': png(40, 30),
  });
  const declared = (encoding: string, name: number[] | string) =>
    Buffer.concat([
      Buffer.from(`<?xml version="1.0" encoding="${encoding}"?>`),
      Buffer.from(NUT.slice(0, NUT.indexOf('nut'))),
      typeof name === 'string' ? Buffer.from(name) : Buffer.from(name),
      Buffer.from(NUT.slice(NUT.indexOf('nut') + 3)),
    ]);
  const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');

  it.each<[string, Uint8Array, string]>([
    ['gb2312', declared('gb2312', [0xc3, 0xa8]), '猫'],
    ['latin-1', declared('ISO-8859-1', [0x63, 0xe4]), 'cä'],
    ['Shift_JIS', declared('shift_jis', [0x94, 0x4c]), '猫'],
    ['UTF-16', utf16(`<?xml version="1.0" encoding="utf-16"?>${NUT}`), 'nut'],
    ['UTF-16 without mark', utf16(`<?xml version="1.0"?>${NUT}`).subarray(2), 'nut'],
    ['UTF-16, big-endian', utf16(NUT).swap16(), 'nut'],
    ['UTF-8 that is said to be UTF-16', declared('utf-16', '猫'), '猫'],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${NUT}`), 'nut'],
  ])('of XML in %s is found', async (_, xml, name) => {
    expect(await summary(voc(xml))).toMatchObject({ classes: [name], found: [] });
  });

  it.each<[string, Tree, string]>([
    ['unknown', voc(declared('klingon', 'nut')), 'a.xml'],
    ['not what bytes are', voc(declared('utf-8', [0xc3, 0x28])), 'a.xml'],
    [
      'of labels not text',
      {
        'data.yaml': YAML,
        'images/train/a.png': png(9, 9),
        'labels/train/a.txt': Buffer.from([0xff]),
      },
      'a.txt',
    ],
    [
      'of COCO not UTF-8',
      { 'train.json': Buffer.from(coco().replace('nut', 'n\xe4'), 'latin1'), 'a.png': png(40, 30) },
      'train.json',
    ],
    [
      'of a list not UTF-8',
      { ...voc(Buffer.from(NUT)), 'ImageSets/Main/train.txt': Buffer.from([0x61, 0xe4]) },
      'train.txt',
    ],
  ])('that is %s is a finding, and no character is lost', async (_, tree, file) => {
    const { found, classes } = await summary(tree);
    expect(found).toContain(`text-encoding ${file}`);
    expect(classes.join()).not.toContain('\ufffd');
    await expect(loadDataset(folderWith(tree))).rejects.toMatchObject({ code: 'DATASET_FORMAT' });
  });

  it('of COCO may be UTF-16, and of lists and labels too', async () => {
    const json = { 'train.json': utf16(coco()), 'a.png': png(40, 30) };
    expect(await summary(json)).toMatchObject({ splits: { train: [1, 1] }, found: [] });
    const yolo = {
      'data.yaml': utf16('train: train.txt\nnames: [nut]\n'),
      'train.txt': utf16('images/a.png\r\n'),
      'images/a.png': png(40, 30),
      'labels/a.txt': utf16(LABEL),
    };
    expect(await summary(yolo)).toMatchObject({ splits: { train: [1, 1] }, found: [] });
  });

  it('was lost before where a class name says so', async () => {
    const { found } = await summary(voc(Buffer.from(NUT.replace('nut', 'n\ufffd'))));
    expect(found).toContainEqual(expect.stringMatching(/^text-encoding/));
  });
});

describe('images of VOC annotations', () => {
  const list = (line: string, stem: string, image = `${stem}.png`): Tree => ({
    'ImageSets/Main/train.txt': `${line}\n`,
    [`Annotations/${stem}.xml`]: NUT,
    [`JPEGImages/${image}`]: png(40, 30),
  });

  it.each<[string, Tree]>([
    ['an extension', list('a.png', 'a')],
    ['quotes', list('"my nut"', 'my nut')],
    ['folders', list('cam1/a', 'cam1/a')],
    ['folders of another place', list('data/obj/a.jpg', 'a')],
    ['a column', list('a  1', 'a')],
    ['what could be a column', list('frame 1', 'frame 1')],
    ['a column behind what could be one', list('frame 1 -1', 'frame 1')],
    ['backslashes', list('cam1\\a', 'cam1/a')],
    ['an extension in capitals', list('a', 'a', 'a.PNG')],
    ['dots', list('a.b', 'a.b')],
  ])('are found by a list line with %s', async (_, tree) => {
    expect(await summary(tree)).toEqual({ splits: { train: [1, 1] }, found: [], classes: ['nut'] });
  });

  it('are ambiguous where a line may be two names', async () => {
    const tree = {
      ...list('a 1', 'a'),
      'Annotations/a 1.xml': NUT,
      'JPEGImages/a 1.png': png(9, 9),
    };
    expect((await summary(tree)).found).toContain('ambiguous-name train.txt');
  });

  const named = (filename: string) =>
    NUT.replace('<size>', `<filename>${filename}</filename><size>`);

  it('may have the name that the annotation states', async () => {
    for (const name of ['photo-7.png', 'C:\\data\\photo-7.png', 'photo-7.PNG']) {
      const tree = { 'annotations/x.xml': named(name), 'images/photo-7.png': png(40, 30) };
      expect(await summary(tree)).toMatchObject({ splits: { train: [1, 1] }, found: [] });
    }
  });

  it('have the own name where the stated one is stale', async () => {
    const tree = { 'Annotations/a.xml': named('old.jpg'), 'JPEGImages/a.jfif': png(40, 30) };
    expect(await summary(tree)).toMatchObject({ splits: { train: [1, 1] }, found: [] });
  });

  it('are ambiguous where two fit, unless the stated name decides', async () => {
    const two = { 'JPEGImages/a.png': png(40, 30), 'JPEGImages/a.jpg': png(40, 30, 3) };
    const { found } = await summary({ ...two, 'Annotations/a.xml': NUT });
    expect(found).toContain('ambiguous-name a.xml');
    const decided = await summary({ ...two, 'Annotations/a.xml': named('a.png') });
    expect(decided.found).toEqual(['unlabeled-image a.jpg']);
  });

  it('are split by lists of classes where there are no others', async () => {
    const tree = {
      ...list('a.png 1', 'a'),
      'ImageSets/Main/train.txt': undefined,
      'ImageSets/Main/nut_train.txt': 'a.png 1\n',
      'ImageSets/Main/bolt_train.txt': 'a.png -1\n',
      'ImageSets/Main/nut_val.txt': 'b.png 1\n',
      'Annotations/b.xml': NUT,
      'JPEGImages/b.png': png(40, 30, 7),
    };
    const { 'ImageSets/Main/train.txt': _, ...rest } = tree;
    expect(await summary(rest as Tree)).toMatchObject({ splits: { train: [1, 1], val: [1, 1] } });
  });

  it('may have composed or decomposed accents', async () => {
    const tree = list('caf\u00e9', 'cafe\u0301', 'caf\u00e9.png');
    expect(await summary(tree)).toMatchObject({ splits: { train: [1, 1] }, found: [] });
  });
});

describe('images of a COCO file', () => {
  const ids = ['a', 'b', 'c'];
  const json = (names = ids.map((name) => `${name}.png`)) =>
    coco({ images: names.map((name, id) => ({ id: id + 1, file_name: name })) });
  const where = async (tree: Tree, imageFolder?: string[]) => {
    const folder = folderWith(tree);
    const folders = imageFolder?.map((name) => path.join(folder, name));
    const { images } = await loadDataset(path.join(folder, 'annotations/instances_x.json'), {
      imageFolder: folders,
    });
    return images.map(({ path: file }) => path.relative(folder, file));
  };
  const files = (...names: string[]): Tree =>
    Object.fromEntries(names.map((name, i) => [name, png(40, 30, i)]));

  it('are where most are, whatever the first does', async () => {
    const tree = {
      'annotations/instances_x.json': json(),
      ...files('images/b.png', 'images/c.png'),
    };
    expect(await where(tree)).toEqual(['images/a.png', 'images/b.png', 'images/c.png']);
  });

  it('may lie in several folders', async () => {
    const tree = {
      'annotations/instances_x.json': json(),
      ...files('train2014/a.png', 'val2014/b.png', 'images/val2014/c.png'),
    };
    expect(await where(tree)).toEqual(['train2014/a.png', 'val2014/b.png', 'images/val2014/c.png']);
    const elsewhere = {
      'annotations/instances_x.json': json(),
      ...files('1/2/a.png', '3/4/b.png'),
    };
    expect((await where(elsewhere, ['1/2', '3/4'])).slice(0, 2)).toEqual([
      '1/2/a.png',
      '3/4/b.png',
    ]);
  });

  it('go by the end of a path of another machine', async () => {
    const names = ['me\\images\\a.png', '/home/me/set/b.png', 'old/c.JPG'];
    const tree = {
      'annotations/instances_x.json': json(names),
      ...files('images/a.png', 'images/b.png', 'images/c.jpeg'),
    };
    expect(await where(tree)).toEqual(['images/a.png', 'images/b.png', 'images/c.jpeg']);
  });

  it('are ambiguous where two folders have one', async () => {
    const tree = {
      'annotations/instances_x.json': json(),
      ...files('p/a.png', 'q/a.png', 'p/b.png'),
    };
    expect((await summary(tree)).found).toContain('ambiguous-name instances_x.json');
  });

  it('belong to a file of any name, if it is the only one', async () => {
    const tree = { 'export (2).json': coco(), 'a.png': png(40, 30), 'other.csv': 'x' };
    expect(await summary(tree)).toMatchObject({ splits: { train: [1, 1] } });
  });
});

describe('what is the same', () => {
  const tree = (more: object): Tree => ({ 'train.json': coco(more), 'a.png': png(40, 30) });

  it('two categories of one name are one class', async () => {
    const categories = [
      { id: 0, name: 'nut', supercategory: 'none' },
      { id: 1, name: 'nut', supercategory: 'nut' },
      { id: 2, name: 'bolt', supercategory: 'nut' },
    ];
    const boxes = [1, 0, 2].map((category_id, id) => {
      return { id, image_id: 1, category_id, bbox: [id, 1, 5, 5] };
    });
    const folder = folderWith(tree({ categories, annotations: boxes }));
    const { classes, categoryIds, images } = await loadDataset(folder);
    expect({ classes, categoryIds }).toEqual({ classes: ['nut', 'bolt'], categoryIds: [0, 2] });
    expect(images[0].boxes.map(({ classId }) => classId)).toEqual([0, 0, 1]);
    const { notes, errors } = await checkDataset(folder);
    expect([errors, notes.map(({ code }) => code)]).toEqual([[], ['merged-classes']]);
  });

  it('a category that only groups others is no class', async () => {
    const categories = [
      { id: 0, name: 'parts', supercategory: 'none' },
      { id: 1, name: 'nut', supercategory: 'parts' },
    ];
    expect(await summary(tree({ categories }))).toMatchObject({
      classes: ['nut'],
      found: ['merged-classes train.json'],
    });
    const annotations = [{ id: 1, image_id: 1, category_id: 0, bbox: [1, 1, 5, 5] }];
    expect((await summary(tree({ categories, annotations }))).classes).toEqual(['parts', 'nut']);
  });

  it('ids that read the same are one, as text or number', async () => {
    const mixed = {
      images: [{ id: '1', file_name: 'a.png' }],
      categories: [{ id: '1', name: 'nut' }],
    };
    expect(await summary(tree(mixed))).toMatchObject({ splits: { train: [1, 1] }, found: [] });
    const twice = [
      { id: 1, file_name: 'a.png' },
      { id: '1', file_name: 'b.png' },
    ];
    await expect(loadDataset(folderWith(tree({ images: twice })))).rejects.toThrow('occurs twice');
  });
});

describe('folders that are links', () => {
  it('are followed, each once, and circles end', async () => {
    const folder = folderWith({ 'data.yaml': YAML, 'labels/train/linked/b.txt': LABEL });
    const far = folderWith({ 'b.png': png(40, 30) });
    mkdirSync(path.join(folder, 'images/train'), { recursive: true });
    symlinkSync(far, path.join(folder, 'images/train/linked'));
    symlinkSync(far, path.join(folder, 'images/train/twice'));
    symlinkSync(folder, path.join(folder, 'images/train/up'));
    symlinkSync(path.join(folder, 'images'), path.join(far, 'back'));
    const { images } = await loadDataset(folder);
    expect(images).toMatchObject([{ id: 'linked/b', boxes: [{}] }]);
  });

  it('do not hide that a name is not UTF-8', async () => {
    const folder = emptyFolder();
    writeFileSync(path.join(folder, 'data.yaml'), YAML);
    mkdirSync(path.join(folder, 'images/train'), { recursive: true });
    const name = Buffer.concat([
      Buffer.from(`${folder}/images/train/`),
      Buffer.from([0xe4]),
      Buffer.from('.png'),
    ]);
    writeFileSync(name, png(9, 9));
    const { errors } = await checkDataset(folder);
    expect(errors).toMatchObject([{ code: 'missing-image' }]);
    expect(errors[0].message).toContain('its name is not UTF-8');
  });
});
