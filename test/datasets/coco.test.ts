import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDataset, loadDataset, openDataset } from '../../src/datasets/index.ts';
import { folderWith, png, type Tree } from './tree.ts';

const CATEGORIES = [
  { id: 18, name: 'dog' },
  { id: 1, name: 'person' },
];
const IMAGES = [{ id: 7, file_name: 'seven.png', width: 40, height: 30 }];
const BOX = {
  id: 3,
  image_id: 7,
  category_id: 18,
  bbox: [1.5, 2, 10, 12.25],
  area: 61,
  iscrowd: 0,
};

const coco = (content: object): string =>
  JSON.stringify({ annotations: [BOX], categories: CATEGORIES, images: IMAGES, ...content });
const load = (json: string) =>
  loadDataset(path.join(folderWith({ 'instances_val.json': json }), 'instances_val.json'));
const message = (json: string) => load(json).then(String, (error: Error) => error.message);

describe('a COCO folder', () => {
  const IMAGE = { 'seven.png': png(40, 30) };
  const outcome = async (tree: Tree) => {
    const folder = folderWith({ ...IMAGE, ...tree });
    const { format, splits } = await openDataset(folder);
    return [format, ...splits, ...(await checkDataset(folder)).errors.map(({ code }) => code)];
  };

  it.each([
    'annotations/instances_val.json',
    'Annotations/instances_val.JSON',
    'ANNOTATIONS/val.Json',
  ])('may have %s', async (file) => {
    expect(await outcome({ [file]: coco({}) })).toEqual(['coco', 'val']);
  });

  it('is not stopped by files of other programs', async () => {
    for (const [name, content] of [
      ['data.yaml', 'services: {web: {image: x}}'],
      ['dataset.yaml', 'a: [unclosed'],
      ['config.yml', 'lr: 0.1'],
      ['pnpm-lock.yaml', '\t- broken'],
      ['names.csv', 'id,name'],
      ['layout.xml', '<broken'],
      ['package.json', '{"name": "x"}'],
    ]) {
      expect(
        await outcome({ 'annotations/instances_val.json': coco({}), [name]: content }),
      ).toEqual(['coco', 'val']);
    }
  });

  it('reads every file of a split that has two', async () => {
    const other = coco({ images: [{ ...IMAGES[0], file_name: 'eight.png' }] });
    const eight = { 'eight.png': png(40, 30, 8) };
    for (const second of ['instances_train.json', 'train.JSON']) {
      const tree = { ...eight, 'train.json': coco({}), [second]: other };
      expect(await outcome(tree)).toEqual(['coco', 'train', 'train.json']);
    }
  });
});

describe('reading COCO JSON', () => {
  it('orders classes by their sparse category ids and keeps box, area and ids', async () => {
    const { classes, categoryIds, images, split } = await load(coco({}));
    expect(split).toBe('val');
    expect(classes).toEqual(['person', 'dog']);
    expect(categoryIds).toEqual([1, 18]);
    expect(images).toMatchObject([{ id: 7, fileName: 'seven.png', width: 40, height: 30 }]);
    expect(images[0].boxes).toEqual([
      {
        classId: 1,
        box: { x: 1.5, y: 2, width: 10, height: 12.25 },
        difficult: false,
        crowd: false,
        area: 61,
        id: 3,
      },
    ]);
  });

  it('knows crowd regions and reads keys in any order', async () => {
    const crowd = { ...BOX, iscrowd: 1, segmentation: { counts: [1, 2], size: [40, 30] } };
    const json = JSON.stringify({
      images: IMAGES,
      info: {},
      categories: CATEGORIES,
      annotations: [crowd],
    });
    expect((await load(json)).images[0].boxes[0].crowd).toBe(true);
  });

  it('reads a file with a byte order mark and strings full of brackets and quotes', async () => {
    const images = [{ id: 7, file_name: 'se"ven]}.png', note: 'a \\" ]} \\\\' }];
    const dataset = await load(`\uFEFF${coco({ images })}`);
    expect(dataset.images[0].fileName).toBe('se"ven]}.png');
  });

  it('leaves out boxes without area with a warning naming the annotation', async () => {
    const annotations = [
      { ...BOX, bbox: [1, 1, 0, 5] },
      { ...BOX, id: 4, bbox: [9, 9, -2, 5] },
    ];
    const { images, warnings } = await load(coco({ annotations }));
    expect(images[0].boxes).toEqual([]);
    expect(warnings).toMatchObject([
      { code: 'zero-area-box', key: 'annotations[id=3].bbox', line: 1 },
      { code: 'zero-area-box', key: 'annotations[id=4].bbox', line: 1 },
    ]);
  });

  it('takes names of object properties as class names', async () => {
    const categories = '[{"id": 18, "name": "__proto__", "__proto__": {"polluted": 1}}]';
    const json = `{"annotations": [], "images": ${JSON.stringify(IMAGES)}, "categories": ${categories}, "__proto__": {"polluted": 1}}`;
    expect((await load(json)).classes).toEqual(['__proto__']);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('COCO folders', () => {
  const json = coco({});
  const find = async (tree: Record<string, string | Uint8Array>, split?: string) => {
    const folder = folderWith({ 'captions.txt': '', ...tree });
    const dataset = await loadDataset(folder, { split });
    return [dataset.split, path.relative(folder, dataset.images[0].path).replaceAll('\\', '/')];
  };
  const imageFile = png(40, 30);

  it('are found with the images in the usual places', async () => {
    for (const place of ['val2017', 'images/val2017', 'images', '.']) {
      const tree = {
        'annotations/instances_val2017.json': json,
        'annotations/captions_val2017.json': '[]',
        [path.posix.join(place, 'seven.png')]: imageFile,
      };
      expect(await find(tree, 'val')).toEqual(['val2017', path.posix.join(place, 'seven.png')]);
    }
  });

  it('may hold the JSON beside the images', async () => {
    const tree = {
      'train/_annotations.coco.json': json,
      'train/seven.png': imageFile,
      'valid/_annotations.coco.json': json,
      'valid/seven.png': imageFile,
    };
    expect(await find(tree, 'val')).toEqual(['valid', 'valid/seven.png']);
    expect(await find({ 'train.json': json, 'seven.png': imageFile })).toEqual([
      'train',
      'seven.png',
    ]);
  });

  it('accept a folder of images that lies elsewhere', async () => {
    const folder = folderWith({ 'a/train.json': json, 'images/seven.png': imageFile });
    const dataset = await loadDataset(path.join(folder, 'a'), {
      imageFolder: path.join(folder, 'images'),
    });
    expect(dataset.images[0].path).toBe(path.join(folder, 'images', 'seven.png'));
  });

  it('must not leave it open which split is meant', async () => {
    const tree = {
      'annotations/instances_train2014.json': json,
      'annotations/instances_train2017.json': json,
    };
    await expect(find(tree, 'train')).rejects.toThrow(
      /"train" could be several splits .* train2014, train2017/,
    );
  });
});

describe('malformed COCO JSON', () => {
  it('names file, line and key', async () => {
    const bad = (annotation: object) => message(coco({ annotations: [BOX, annotation] }));
    expect(await bad({ ...BOX, image_id: 8 })).toMatch(
      /instances_val\.json:1 \(annotations\[1\]\.image_id\): no image has the id 8$/,
    );
    expect(await bad({ ...BOX, image_id: '8' })).toContain('no image has the id "8"');
    expect(await bad({ ...BOX, category_id: 2 })).toContain('no category has the id 2');
    expect(await bad({ ...BOX, bbox: [1, 2, 3] })).toContain('(annotations[1].bbox): bbox is not');
    expect(await bad({ ...BOX, bbox: [1, 2, 3, null] })).toContain('a list of 4 coordinates');
    expect(await bad([])).toContain('(annotations[1]): an object is expected');
    expect(await message(coco({ images: [{ id: 7 }] }))).toContain('images[0].file_name');
    expect(await message(coco({ images: [{ file_name: 'a' }] }))).toContain('images[0].id');
    expect(await message(coco({ categories: [{ id: 1.5, name: 'a' }] }))).toContain(
      'a whole number or a text',
    );
    expect(await message(coco({ categories: [{ id: 1 }] }))).toContain('categories[0].name');
  });

  it('names the line of a syntax error', async () => {
    const json = JSON.stringify(
      { images: IMAGES, categories: CATEGORIES, annotations: [BOX] },
      null,
      1,
    );
    expect(await message(json.replace('"iscrowd": 0', '"iscrowd": NaN'))).toMatch(/json:\d\d: /);
    expect(await message('{\n\n')).toMatch(/json:3: a key is missing/);
    expect(await message('[]')).toMatch(/json:1: the file is not a JSON object/);
    expect(await message('')).toMatch(/json:1: the file is not a JSON object/);
    expect(await message('{"images": [')).toContain('the file ends inside a value');
    expect(await message('{"images": "[')).toContain('a string has no end');
    expect(await message('{"images": [], "images": []}')).toContain('"images" occurs twice');
    expect(await message('{} {}')).toContain('there is text behind the JSON object');
    expect(await message('{}')).toContain('the key "images" is missing');
    expect(await message(coco({ images: {} }))).toContain('a list is expected');
    expect(await message(coco({}).replace('}],"cat', '},],"cat'))).toContain('Unexpected token');
  });

  it('cannot nest without end', async () => {
    const deep = '['.repeat(1_000_000);
    expect(await message(`{"annotations": ${deep}`)).toContain('nested more than 64 deep');
  });

  it('is told when ids occur twice', async () => {
    expect(await message(coco({ images: [...IMAGES, ...IMAGES] }))).toContain(
      'image id 7 occurs twice',
    );
    const twoIds = [CATEGORIES[0], { id: 18, name: 'cat' }];
    expect(await message(coco({ categories: twoIds }))).toContain('category id 18 occurs twice');
  });

  it('cannot name images outside the image folder', async () => {
    for (const name of [
      '../../etc/passwd',
      '/etc/passwd',
      '..\\x.png',
      'C:\\x.png',
      'a\0.png',
      '.',
    ]) {
      const images = [{ id: 7, file_name: name }];
      expect(await message(coco({ images }))).toMatch(/images\[0\]\.file_name.*leaves the image/);
    }
  });
});
