import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset, DatasetImage } from '../../src/datasets/dataset-types.ts';
import { findCopies } from '../../src/datasets/find-copies.ts';
import { checkDataset } from '../../src/datasets/index.ts';
import { loadDataset } from '../../src/datasets/load-dataset.ts';
import { splitDataset } from '../../src/datasets/split-dataset.ts';
import { runCli } from '../cli/helpers.ts';
import { emptyFolder, png, writeTree } from './tree.ts';

const box = { x: 1, y: 1, width: 5, height: 5 };

function imageOf(fileName: string, ...classIds: number[]): DatasetImage {
  const boxes = classIds.map((classId) => ({ classId, box, difficult: false, crowd: false }));
  return { id: fileName, fileName, path: `/data/${fileName}`, annotationPath: '', boxes };
}

function datasetOf(images: DatasetImage[], classes = ['a', 'b']): Dataset {
  const about = { name: 'own', root: '/data', format: 'yolo', split: 'train' } as const;
  return { ...about, classes, images, warnings: [] };
}

const namesOf = ({ images }: Dataset) => images.map(({ fileName }) => fileName);
const word = (i: number) => `${'abcdefghij'[i % 10]}${'klmnopqrst'[Math.floor(i / 10) % 10]}`;

describe('splitDataset', () => {
  it('gives every image to one split, and every class its share', () => {
    const images = Array.from({ length: 100 }, (_, i) =>
      imageOf(`${word(i)}.jpg`, 0, ...(i % 10 === 0 ? [1] : [])),
    );
    const { splits, groups } = splitDataset(datasetOf(images), { val: 0.2, test: 0.1 });
    expect(groups).toBe('none');
    expect(splits.map(({ split, images: part }) => [split, part.length])).toEqual([
      ['train', 70],
      ['val', 20],
      ['test', 10],
    ]);
    expect(splits.flatMap(namesOf).sort()).toEqual(images.map(({ fileName }) => fileName).sort());
    const rare = splits.map((part) => part.images.filter(({ boxes }) => boxes.length > 1).length);
    expect(rare).toEqual([7, 2, 1]);
  });

  it('keeps files of equal content together, whatever their groups', () => {
    const images = Array.from({ length: 40 }, (_, i) => imageOf(`${word(i)}.jpg`, 0));
    const copies = new Map(images.map(({ path: file }, i) => [file, `content ${i % 4}`]));
    const { splits, count } = splitDataset(datasetOf(images), { val: 0.5, copies });
    expect(count).toBe(4);
    const contents = splits.map(
      (part) => new Set(part.images.map(({ path: file }) => copies.get(file))),
    );
    expect([...contents[0]].filter((content) => contents[1].has(content))).toEqual([]);
    const one = new Map(images.map(({ path: file }) => [file, 'one']));
    expect(() => splitDataset(datasetOf(images), { copies: one })).toThrow('1 groups of images');
  });

  it('is the same for the same seed, and another one for another', () => {
    const data = datasetOf(Array.from({ length: 40 }, (_, i) => imageOf(`${word(i)}.jpg`, i % 2)));
    const val = (seed: number) => namesOf(splitDataset(data, { seed }).splits[1]);
    expect(val(3)).toEqual(val(3));
    expect(val(3)).not.toEqual(val(4));
  });

  it.each([
    ['prefix', (i: number) => `clip${'abcdef'[i % 6]}_${i}.jpg`],
    ['folder', (i: number) => `${'abcdef'[i % 6]}/${word(i)}.jpg`],
  ] as const)('keeps images of one %s together', (groups, nameOf) => {
    const images = Array.from({ length: 60 }, (_, i) => imageOf(nameOf(i), 0));
    const result = splitDataset(datasetOf(images), { val: 0.3 });
    expect(result).toMatchObject({ groups, count: 6 });
    const keys = result.splits.map(
      (part) => new Set(namesOf(part).map((name) => /[a-f](?=[_/])/.exec(name)![0])),
    );
    expect([...keys[0]].filter((key) => keys[1].has(key))).toEqual([]);
    expect(keys[1].size).toBe(2);
    expect(splitDataset(datasetOf(images), { groups: 'none' }).count).toBe(60);
  });

  it('keeps the copies of one image together, but not the numbers of one camera', () => {
    const names = Array.from({ length: 20 }, (_, i) => `IMG_${i}`);
    const copies = names.flatMap((name) =>
      ['1f', '2e'].map((hash) => imageOf(`${name}_jpg.rf.${hash}.jpg`, 0)),
    );
    const { groups, count, splits } = splitDataset(datasetOf(copies));
    expect([groups, count]).toEqual(['none', 20]);
    const originals = splits.map((part) => namesOf(part).map((name) => name.split('_jpg')[0]));
    expect(originals[0].filter((name) => originals[1].includes(name))).toEqual([]);
  });

  it('leaves no split empty, whatever the shares and the classes', () => {
    const share = fc.double({ min: 0.01, max: 0.45, noNaN: true });
    const image = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 4 });
    fc.assert(
      fc.property(
        share,
        share,
        fc.array(image, { minLength: 3, maxLength: 30 }),
        (val, test, boxes) => {
          const images = boxes.map((classIds, i) => imageOf(`${word(i)}.jpg`, ...classIds));
          const { splits } = splitDataset(datasetOf(images), { val, test });
          expect(splits.every((part) => part.images.length > 0)).toBe(true);
          expect(splits.flatMap(namesOf)).toHaveLength(images.length);
        },
      ),
    );
  });

  it('refuses shares without training data, and fewer images than splits', () => {
    const data = datasetOf([imageOf('a.jpg', 0)]);
    expect(() => splitDataset(data, { val: 0.5, test: 0.5 })).toThrow(/below 1, not to 1/);
    expect(() => splitDataset(data, { val: 0 })).toThrow(/above 0/);
    expect(() => splitDataset(data, { val: 1 })).toThrow(/val must be a number from 0 to below 1/);
    expect(() => splitDataset(data)).toThrow(/own has 1 groups of images for 2 splits/);
  });
});

/** Ten images as labelImg writes them: labels beside the images. */
const labelImg = (folder = '') =>
  Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [
      [`${folder}${word(i)}.png`, png(20, 10, i)],
      [`${folder}${word(i)}.txt`, `${i % 2} 0.5 0.5 0.2 0.4\n`],
    ]).flat(),
  );

describe('YOLO folders without a YAML file', () => {
  const tree = (files: object) => {
    const root = emptyFolder();
    writeTree(root, files as Parameters<typeof writeTree>[1]);
    return root;
  };

  it('are read with the names of classes.txt', async () => {
    const root = tree({
      'images/a.png': png(20, 10, 1),
      'labels/a.txt': '1 0.5 0.5 0.2 0.4\n',
      'classes.txt': 'cat\ndog\n',
    });
    const { classes, images, split, format } = await loadDataset(root);
    expect([classes, split, format]).toEqual([['cat', 'dog'], 'train', 'yolo']);
    expect(images[0].boxes[0]).toMatchObject({
      classId: 1,
      box: { x: 8, y: 3, width: 4, height: 4 },
    });
  });

  it('have numbers for names without a list of classes', async () => {
    const root = tree({ 'images/a.png': png(20, 10, 1), 'labels/a.txt': '2 0.5 0.5 0.2 0.4\n' });
    expect((await loadDataset(root)).classes).toEqual(['0', '1', '2']);
  });

  it.each([
    ['images/train/a.png', 'labels/train/a.txt', 'images/val/b.png', 'labels/val/b.txt'],
    ['train/images/a.png', 'train/labels/a.txt', 'valid/images/b.png', 'valid/labels/b.txt'],
  ])('have splits as folders: %s', async (first, its, second, others) => {
    const line = '0 0.5 0.5 0.2 0.4\n';
    const [a, b] = [png(20, 10, 1), png(20, 10, 2)];
    const root = tree({
      [first]: a,
      [its]: line,
      [second]: b,
      [others]: line,
      'classes.txt': 'cat',
    });
    for (const split of ['train', 'val']) {
      const { images } = await loadDataset(root, { split });
      expect(images.map(({ boxes }) => boxes.length)).toEqual([1]);
    }
  });

  it('may be one folder of images, labels and classes.txt', async () => {
    const { images } = await loadDataset(tree({ ...labelImg(), 'classes.txt': 'cat\ndog\n' }));
    expect(images).toHaveLength(10);
  });

  it('name the file to add when labels alone do not make a dataset', async () => {
    const lonely = loadDataset(tree(labelImg()));
    await expect(lonely).rejects.toThrow(/classes\.txt, one class name per line/);
  });
});

describe('refinedet dataset split', { timeout: 120_000 }, () => {
  it('writes a new folder that can be trained, and leaves the original as it is', async () => {
    const root = path.join(emptyFolder(), 'cells');
    writeTree(root, { ...labelImg(), 'classes.txt': 'cat\ndog\n' });
    const { code, stdout, stderr } = await runCli(['dataset', 'split', root, '--val', '0.2']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /cells-split \(yolo\): train 8, val 2 images, drawn each image by itself/,
    );
    const val = await loadDataset(`${root}-split`, { split: 'val' });
    expect(val.images.map(({ boxes }) => boxes[0].classId).sort()).toEqual([0, 1]);
    expect(readFileSync(path.join(root, 'ak.txt'), 'utf8')).toBe('0 0.5 0.5 0.2 0.4\n');
    const again = await runCli(['dataset', 'split', root, '--val', '0.2']);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('[FILE_WRITE]') });
  });
});

describe('dataset split', () => {
  it('makes a dataset that checks without overlap, of images with copies', async () => {
    const folder = emptyFolder();
    const out = path.join(emptyFolder(), 'out');
    const labels = '0 0.5 0.5 0.2 0.2\n';
    writeTree(path.join(folder, 'own'), {
      'classes.txt': 'nut\n',
      ...Object.fromEntries(
        Array.from({ length: 12 }, (_, i): [string, string | Uint8Array][] => [
          [`images/${word(i)}.png`, png(20, 20, i % 3)],
          [`labels/${word(i)}.txt`, labels],
        ]).flat(),
      ),
    });
    const dataset = await loadDataset(path.join(folder, 'own'));
    expect(new Set((await findCopies(dataset)).values()).size).toBe(3);
    await runCli(['dataset', 'split', path.join(folder, 'own'), '--val', '0.3', '--out', out]);
    expect((await checkDataset(out)).errors).toEqual([]);
  });
});
