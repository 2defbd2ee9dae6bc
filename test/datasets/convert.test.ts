import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  convertDataset,
  type Dataset,
  type GroundTruth,
  loadDataset,
  loadSplits,
  type WrittenFormat,
} from '../../src/datasets/index.ts';
import { emptyFolder, folderWith, png, vocObject, vocTree, vocXml } from './tree.ts';

const FORMATS: WrittenFormat[] = ['voc', 'coco', 'yolo'];
const [WIDTH, HEIGHT] = [400, 300];

/** A dataset in memory whose images exist. */
function dataset(boxes: readonly (readonly GroundTruth[])[], classes: string[]): Dataset {
  const root = folderWith(
    Object.fromEntries(boxes.map((_, i) => [`in/${i}.png`, png(WIDTH, HEIGHT, i)])),
  );
  return {
    name: 'set',
    root: path.join(root, 'in'),
    format: 'voc',
    split: 'train',
    classes,
    warnings: [],
    images: boxes.map((truths, i) => ({
      id: String(i),
      fileName: `${i}.png`,
      path: path.join(root, 'in', `${i}.png`),
      annotationPath: path.join(root, 'in', `${i}.xml`),
      width: WIDTH,
      height: HEIGHT,
      boxes: [...truths],
    })),
  };
}

const truth = (more: Partial<GroundTruth> = {}): GroundTruth => ({
  classId: 0,
  box: { x: 10, y: 20, width: 30, height: 40 },
  difficult: false,
  crowd: false,
  ...more,
});

const pixels = (max: number) => fc.double({ min: 2, max, noNaN: true });
const truths = fc.array(
  fc.record({
    classId: fc.nat(2),
    box: fc.record({
      x: fc.double({ min: -20, max: WIDTH, noNaN: true }),
      y: fc.double({ min: -20, max: HEIGHT, noNaN: true }),
      width: pixels(WIDTH),
      height: pixels(HEIGHT),
    }),
    difficult: fc.boolean(),
    crowd: fc.constant(false),
  }),
  { maxLength: 4 },
);
/** Whatever XML and YAML could take for something else. */
const CLASSES = ['<a> & "b"', 'no', '__proto__'];

describe('converting', () => {
  it.each(FORMATS)(
    'to %s and back keeps boxes, classes and what flags there are',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(fc.array(truths, { minLength: 1, maxLength: 3 }), async (boxes) => {
          const original = dataset(boxes, CLASSES);
          const folder = path.join(original.root, '..', 'out');
          const report = await convertDataset(original, format, folder);
          const copy = await loadDataset(folder);
          expect(report).toMatchObject({ images: boxes.length, boxes: boxes.flat().length });
          expect(copy).toMatchObject({ format, split: 'train', classes: CLASSES, warnings: [] });
          const expected = boxes.map((list) => list.map((box) => expectation(box, format)));
          expect(copy.images.map((image) => image.boxes)).toMatchObject(expected);
          for (const image of copy.images) expect(existsSync(image.path)).toBe(true);
        }),
        { numRuns: 12 },
      );
    },
  );

  function expectation({ classId, box, difficult }: GroundTruth, format: WrittenFormat) {
    const near = (value: number) => expect.closeTo(value, 3);
    const { x, y, width, height } = box;
    return {
      classId,
      box: { x: near(x), y: near(y), width: near(width), height: near(height) },
      ...(format !== 'yolo' && { difficult }),
    };
  }

  it('VOC to COCO and back reproduces the corners exactly', async () => {
    const tree = vocTree({ a: vocXml(vocObject('cat', [3, 4, 17, 9], 1)) });
    const folder = folderWith(tree);
    const original = await loadDataset(folder);
    await convertDataset(original, 'coco', path.join(folder, 'coco'));
    const coco = await loadDataset(path.join(folder, 'coco'));
    await convertDataset(coco, 'voc', path.join(folder, 'voc'));
    const back = await loadDataset(path.join(folder, 'voc'));
    const plain = ({ images }: Dataset) =>
      images.map(({ boxes }) =>
        boxes.map(({ box, classId, difficult }) => ({ box, classId, difficult })),
      );
    expect(plain(back)).toEqual(plain(original));
    expect(back.classes).toEqual(original.classes);
  });

  it('COCO to COCO keeps category, image and annotation ids, areas and crowds', async () => {
    const original = dataset(
      [[truth({ id: 9, area: 5, crowd: true }), truth({ id: 4 })]],
      ['a', 'b'],
    );
    original.categoryIds = [3, 70];
    original.images[0].id = 123;
    const folder = path.join(original.root, '..', 'out');
    await convertDataset(original, 'coco', folder);
    const { categoryIds, images } = await loadDataset(folder);
    expect(categoryIds).toEqual([3, 70]);
    expect(images).toMatchObject([
      {
        id: 123,
        boxes: [
          { id: 9, area: 5, crowd: true },
          { id: 4, area: 1200, crowd: false },
        ],
      },
    ]);
  });

  it('says what a format cannot hold', async () => {
    const thin = truth({ box: { x: 1, y: 1, width: 1, height: 9 } });
    const original = dataset([[truth({ crowd: true }), truth({ difficult: true }), thin]], ['a']);
    const out = (name: string) => path.join(original.root, '..', name);
    const voc = await convertDataset(original, 'voc', out('voc'));
    expect(voc.boxes).toBe(2);
    expect(voc.losses.join()).toMatch(/a pixel wide.*: 1,crowd regions, marked difficult.*: 1/);
    const loaded = await loadDataset(out('voc'));
    expect(loaded.images[0].boxes.map(({ difficult }) => difficult)).toEqual([true, true]);
    const yolo = await convertDataset(original, 'yolo', out('yolo'));
    expect(yolo.boxes).toBe(2);
    expect(yolo.losses.join()).toMatch(/crowd regions, left out.*: 1,the mark of difficult.*: 1/);
    expect((await convertDataset(original, 'coco', out('coco'))).losses).toEqual([]);
  });

  it.each(FORMATS)('several splits to %s keeps them apart', async (format) => {
    const folder = folderWith({
      ...vocTree({ a: vocXml(vocObject('cat', [1, 1, 9, 9])), b: vocXml(), c: vocXml() }),
      'ImageSets/Main/train.txt': 'a\n',
      'ImageSets/Main/val.txt': 'b\nc\n',
      'ImageSets/Main/trainval.txt': 'a\nb\nc\n',
    });
    await convertDataset(await loadSplits(folder), format, path.join(folder, 'out'));
    const copies = await loadSplits(path.join(folder, 'out'));
    expect(copies.map(({ split, images }) => [split, images.length])).toEqual([
      ['train', 1],
      ['val', 2],
    ]);
  });

  it.each(FORMATS)('to %s gives images of one name different names', async (format) => {
    const original = dataset([[truth()], [], []], ['a']);
    original.images[1].fileName = 'sub/0.png';
    original.images[2].fileName = '0.PNG';
    const folder = path.join(original.root, '..', 'out');
    await convertDataset(original, format, folder);
    const { images } = await loadDataset(folder);
    expect(images.map(({ path: file }) => readFileSync(file))).toHaveLength(3);
    const contents = new Set(images.map(({ path: file }) => readFileSync(file).toString('base64')));
    expect(contents.size).toBe(3);
  });

  it('copies, links or leaves the images', async () => {
    const original = dataset([[truth()]], ['a']);
    for (const copyImages of ['copy', 'symlink', 'none'] as const) {
      const folder = path.join(original.root, '..', copyImages);
      await convertDataset(original, 'coco', folder, { copyImages });
      const file = path.join(folder, 'train', '0.png');
      expect(existsSync(file)).toBe(copyImages !== 'none');
      if (copyImages !== 'none') {
        expect(lstatSync(file).isSymbolicLink()).toBe(copyImages === 'symlink');
      }
    }
  });

  it('YOLO has a place for train, val and test only', async () => {
    const original = { ...dataset([[truth()]], ['a']), split: 'extra' };
    const out = path.join(original.root, '..', 'out');
    await expect(convertDataset(original, 'yolo', out)).rejects.toThrow(
      'split "extra" has no place',
    );
    await convertDataset({ ...original, split: 'trainval' }, 'yolo', out);
    expect((await loadDataset(out)).split).toBe('train');
  });

  it('VOC refuses class names that it could not give back', async () => {
    for (const name of ['', ' a', 'a\nb', 'a\0']) {
      const original = dataset([[truth()]], [name]);
      const out = path.join(original.root, '..', 'out');
      await expect(convertDataset(original, 'voc', out)).rejects.toThrow(
        'VOC cannot hold the class',
      );
    }
  });
});

describe('writing a folder', () => {
  const files = (folder: string) => readdirSync(folder, { recursive: true }).sort();

  it('never touches one that exists, unless told to and it is a dataset', async () => {
    const original = dataset([[truth()]], ['a']);
    const parent = path.dirname(original.root);
    const out = path.join(parent, 'out');
    await convertDataset(original, 'coco', out);
    await expect(convertDataset(original, 'voc', out)).rejects.toMatchObject({
      code: 'FILE_WRITE',
    });
    expect((await loadDataset(out)).format).toBe('coco');
    await convertDataset(original, 'voc', out, { overwrite: true });
    expect((await loadDataset(out)).format).toBe('voc');
    expect(readdirSync(parent).sort()).toEqual(['in', 'out']);

    const home = folderWith({ 'letter.txt': 'dear' });
    await expect(convertDataset(original, 'voc', home, { overwrite: true })).rejects.toThrow(
      /is not replaced because it does not look like a dataset/,
    );
    expect(files(home)).toEqual(['letter.txt']);
    await convertDataset(original, 'voc', emptyFolder(), { overwrite: true });
  });

  it('never replaces the original', async () => {
    const folder = folderWith(vocTree({ a: vocXml() }));
    const before = files(folder);
    const original = await loadDataset(folder);
    for (const target of [folder, path.dirname(folder), path.join(folder, 'JPEGImages')]) {
      await expect(
        convertDataset(original, 'coco', target, { overwrite: true }),
      ).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect(files(folder)).toEqual(before);
  });

  it('leaves nothing behind when it fails', async () => {
    const original = dataset([[truth()], [truth()]], ['a']);
    original.images[1].path += '.gone';
    const parent = path.dirname(original.root);
    const fails = convertDataset(original, 'yolo', path.join(parent, 'out'));
    await expect(fails).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(readdirSync(parent)).toEqual(['in']);
    writeFileSync(path.join(parent, 'file'), '');
    const impossible = convertDataset(original, 'yolo', path.join(parent, 'file', 'out'));
    await expect(impossible).rejects.toMatchObject({ code: 'FILE_WRITE' });
  });

  it('leaves nothing behind when it is aborted', async () => {
    const home = emptyFolder();
    const controller = new AbortController();
    const dataset = await loadDataset(folderWith(vocTree({ a: vocXml(), b: vocXml() })));
    const { signal } = controller;
    const done = convertDataset(dataset, 'yolo', path.join(home, 'out'), { signal });
    controller.abort();
    await expect(done).rejects.toMatchObject({ code: 'ABORTED' });
    expect(readdirSync(home)).toEqual([]);
  });

  it('needs images', async () => {
    const nothing = { ...dataset([], ['a']) };
    await expect(convertDataset(nothing, 'voc', emptyFolder())).rejects.toMatchObject({
      code: 'DATASET_EMPTY',
    });
  });
});
