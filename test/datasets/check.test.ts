import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type CheckOptions,
  checkDataset,
  fixDataset,
  loadSplits,
} from '../../src/datasets/index.ts';
import { folderWith, png, type Tree, vocObject, vocTree, vocXml } from './tree.ts';

const CAT = vocObject('cat', [11, 6, 20, 15]);
const GOOD = vocTree({ a: vocXml(CAT), b: vocXml(CAT) });

/** `code file:line key`, one for each finding. */
async function findings(tree: Tree, options?: CheckOptions): Promise<string[]> {
  const { errors, warnings, notes } = await checkDataset(folderWith(tree), options);
  return [...errors, ...warnings, ...notes]
    .filter(({ code }) => code !== 'unused-class')
    .map(({ code, file, line, key }) =>
      [code, `${path.basename(file ?? '')}${line ? `:${line}` : ''}`, key]
        .filter((part) => part !== undefined)
        .join(' '),
    );
}

const twoSplits = (more: Tree = {}): Tree => ({
  ...GOOD,
  'ImageSets/Main/train.txt': 'a\n',
  'ImageSets/Main/val.txt': 'b\n',
  ...more,
});

describe('checking a dataset', () => {
  it('finds nothing wrong with a good one', async () => {
    expect(await findings(GOOD)).toEqual([]);
    expect(await findings(twoSplits())).toEqual([]);
  });

  it('goes on after everything that stops loading', async () => {
    const tree = vocTree({ a: '<broken', b: vocXml(CAT), c: vocXml('<object></object>') });
    const more = { 'ImageSets/Main/train.txt': 'a\nb\nc\ngone\n../x\n' };
    expect(await findings({ ...tree, ...more })).toEqual([
      'malformed-file a.xml:1',
      'malformed-file c.xml:3',
      'missing-annotation gone.xml',
      'unsafe-path train.txt:5',
      'no-boxes c.xml',
      'unlabeled-image a.png',
    ]);
  });

  it('finds missing, damaged and truncated images', async () => {
    const tree = {
      ...vocTree({ a: vocXml(CAT), b: vocXml(CAT), c: vocXml(CAT) }),
      'JPEGImages/a.png': 'GIF89a',
      'JPEGImages/b.png': png(40, 30).subarray(0, 60),
    };
    const folder = folderWith(tree);
    rmSync(path.join(folder, 'JPEGImages/c.png'));
    const { errors } = await checkDataset(folder);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['undecodable-image', expect.stringContaining('a GIF')],
      ['undecodable-image', expect.stringContaining('truncated')],
      ['missing-image', expect.stringContaining('c.jpg cannot be read')],
    ]);
  });

  it.skipIf(process.platform === 'win32')('does not wait for pipes', async () => {
    const folder = folderWith(GOOD);
    rmSync(path.join(folder, 'JPEGImages/a.png'));
    execFileSync('mkfifo', [path.join(folder, 'JPEGImages/a.png')]);
    const { errors } = await checkDataset(folder);
    expect(errors.map(({ code }) => code)).toEqual(['missing-image']);
  });

  it('decodes the pixels when asked to', async () => {
    const broken = Buffer.from(png(40, 30));
    broken.fill(0xff, broken.indexOf('IDAT') + 6, broken.indexOf('IEND') - 12);
    const tree = { ...GOOD, 'JPEGImages/a.png': broken };
    expect(await findings(tree)).toEqual([]);
    expect(await findings(tree, { decode: true })).toEqual(['undecodable-image a.png']);
  });

  it('finds bad boxes and tells slight from serious', async () => {
    const boxes: [number, number, number, number][] = [
      [5, 5, 5, 5],
      [0, 0, 41, 31], // one pixel over on each side: rounding
      [-4, 1, 9, 9],
      [41, 1, 50, 9],
    ];
    const tree = {
      ...GOOD,
      'Annotations/a.xml': vocXml(boxes.map((b) => vocObject('cat', b)).join('')),
    };
    expect(await findings(tree)).toEqual([
      'zero-area-box a.xml:3',
      'box-outside a.xml:18',
      'box-overhangs a.xml:13',
    ]);
  });

  it('compares the stated size with the image', async () => {
    const tree = { ...GOOD, 'Annotations/a.xml': vocXml(CAT, 30, 40) };
    const { errors } = await checkDataset(folderWith(tree));
    expect(errors.map(({ message }) => message)).toEqual([
      'a.png is 40×30 but the annotation says 30×40 (is it turned by its EXIF orientation?)',
    ]);
  });

  it('finds images in two splits, by file and by content', async () => {
    expect(await findings(twoSplits({ 'ImageSets/Main/val.txt': 'a\nb\n' }))).toEqual([
      'split-overlap a.png',
    ]);
    expect(await findings(twoSplits({ 'JPEGImages/b.png': GOOD['JPEGImages/a.png'] }))).toEqual([
      'split-overlap b.png',
    ]);
    expect(await findings({ ...GOOD, 'JPEGImages/b.png': GOOD['JPEGImages/a.png'] })).toEqual([
      'duplicate-image b.png',
    ]);
  });

  it('finds empty splits and images without boxes', async () => {
    expect(await findings(twoSplits({ 'ImageSets/Main/val.txt': '\n' }))).toMatchObject([
      expect.stringMatching(/^empty-split/),
      'unused-label b.xml',
      'unlabeled-image b.png',
    ]);
    const { notes } = await checkDataset(folderWith({ ...GOOD, 'Annotations/a.xml': vocXml() }));
    expect(notes.map(({ message }) => message)).toEqual([
      '1 of 2 images of "train" show no object',
    ]);
  });

  it('finds repeated ids and files of COCO', async () => {
    const box = (id: number, image: number) => ({
      id,
      image_id: image,
      category_id: 1,
      bbox: [1, 1, 5, 5],
    });
    const json = JSON.stringify({
      categories: [{ id: 1, name: 'cat' }],
      images: [
        { id: 1, file_name: 'a.png' },
        { id: 2, file_name: './a.png' },
      ],
      annotations: [box(5, 1), box(5, 2), { ...box(6, 1), bbox: [70, 1, 5, 5] }],
    });
    expect(await findings({ 'train.json': json, 'a.png': png(40, 30) })).toEqual([
      'duplicate-id train.json annotations[id=5]',
      'box-outside train.json annotations[id=6].bbox',
      'duplicate-id train.json images[id=2]',
    ]);
  });

  it('finds class lists that differ between splits', async () => {
    const json = (name: string) =>
      JSON.stringify({
        categories: [{ id: 1, name }],
        images: [{ id: 1, file_name: `${name}.png` }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 5, 5] }],
      });
    const tree = {
      'train.json': json('cat'),
      'val.json': json('dog'),
      'cat.png': png(9, 9, 1),
      'dog.png': png(9, 9, 2),
    };
    const { errors } = await checkDataset(folderWith(tree));
    expect(errors.map(({ message }) => message)).toEqual([
      'the class list of "val" adds "dog" and lacks "cat" compared with "train"',
    ]);
  });

  it('suspects rare names that resemble a common one, and lists unused classes', async () => {
    const objects = CAT.replace('cat', 'person').repeat(50) + CAT.replace('cat', 'persom');
    const tree = {
      ...vocTree({ a: vocXml(objects) }),
      'classes.txt': 'person\npersom\ntrain\n',
    };
    const { warnings } = await checkDataset(folderWith(tree));
    expect(warnings.map(({ message }) => message)).toEqual([
      '"persom" occurs only 1× (did you mean "person"?)',
      'no box shows "train"',
    ]);
  });

  it('counts boxes by split, class and size, and those that anchors can match', async () => {
    const objects =
      vocObject('cat', [1, 1, 20, 15]) +
      vocObject('cat', [1, 1, 2, 2], 1) +
      vocObject('dog', [1, 1, 40, 30]);
    const { stats } = await checkDataset(
      folderWith({ ...twoSplits(), 'Annotations/a.xml': vocXml(objects) }),
      { classes: ['cat', 'dog'] },
    );
    expect(stats.splits['train']).toEqual({
      images: 1,
      boxes: 3,
      difficult: 1,
      crowd: 0,
      imagesWithoutBoxes: 0,
      perClass: {
        cat: { boxes: 2, difficult: 1, images: 1 },
        dog: { boxes: 1, difficult: 0, images: 1 },
      },
    });
    expect(stats.anchors).toMatchObject({ inputSize: 320, boxes: 4, matched: 3 });
    // At 320×320 the sides are 160, 18, 320 and 92.
    expect(stats.anchors.perSize.map(({ boxes }) => boxes)).toEqual([0, 1, 0, 1, 1, 1, 0]);
    const large = await checkDataset(folderWith(GOOD), { preset: 'refinedet512-vgg16' });
    expect(large.stats.anchors).toMatchObject({ preset: 'refinedet512-vgg16', inputSize: 512 });
  });

  it('ends when it is aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(checkDataset(folderWith(GOOD), { signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('throws when there is nothing to check', async () => {
    await expect(checkDataset(folderWith({}))).rejects.toMatchObject({ code: 'DATASET_FORMAT' });
    const noList = { 'data.yaml': 'train: gone.txt\nnames: [a]' };
    await expect(checkDataset(folderWith(noList))).rejects.toMatchObject({ code: 'DATASET_EMPTY' });
  });
});

describe('fixing a dataset', () => {
  const boxes = [
    [5, 5, 5, 5],
    [-4, 1, 9, 9],
    [41, 1, 50, 9],
    [11, 6, 20, 15],
  ].map((corners) => vocObject('cat', corners));
  const bad: Tree = {
    ...vocTree({
      a: vocXml(boxes.join('')),
      b: vocXml(vocObject('cat', [11, 6, 20, 15]), 12, 900),
      c: '<broken',
      d: vocXml(CAT),
    }),
    'JPEGImages/d.png': 'no image',
  };

  it('writes a copy that passes, listing what it did, and leaves the original alone', async () => {
    const folder = folderWith(bad);
    const out = path.join(folderWith({}), 'out');
    const report = await fixDataset(folder, out);
    expect(report.check.errors).toHaveLength(5);
    expect(report).toMatchObject({ images: 2, boxes: 3, remaining: [] });
    const withoutFolders = (text: string) => text.replaceAll(/\S*[/\\]/g, '');
    expect(report.changes.map(withoutFolders)).toEqual([
      'left out: a.xml:3: box 5, 5, 5, 5 of "cat" has no area',
      'left out: c.xml:1: document must contain a root element.',
      'clipped: a.xml:8: box -5, 0, 14, 9 of "cat"',
      'left out: a.xml:13: box 40, 0, 10, 9 of "cat" lies outside the image',
      'size corrected: b.png is 40×30, not 12×900',
      'left out: d.png is missing or cannot be read',
    ]);
    const again = await checkDataset(out);
    expect(again.errors).toEqual([]);
    expect(again.stats.splits['train'].boxes).toBe(3);
    expect((await checkDataset(folder)).errors).toHaveLength(5);
  });

  it('keeps the format, drops empty splits and says what remains', async () => {
    const folder = folderWith({
      'data.yaml': 'train: images/train\nval: images/val\ntest: images/test\nnames: [a]\n',
      'images/train/x.png': png(20, 20, 1),
      'labels/train/x.txt': '0 0.9 0.5 0.4 0.5\n3 0.5 0.5 0.1 0.1\n',
      'images/val/y.png': png(20, 20, 1),
      'images/test/note.txt': '',
    });
    const out = path.join(folder, 'fixed');
    const report = await fixDataset(folder, out, { copyImages: 'copy' });
    expect(report.remaining.map(({ code }) => code)).toEqual(['split-overlap']);
    const splits = await loadSplits(out);
    expect(splits.map(({ split, format }) => [split, format])).toEqual([
      ['train', 'yolo'],
      ['val', 'yolo'],
    ]);
    const [{ box }] = splits[0].images[0].boxes;
    expect(box.x + box.width).toBeCloseTo(20, 4);
  });

  it('writes nothing when there is nothing left', async () => {
    const folder = folderWith(vocTree({ a: '<broken' }));
    const out = path.join(folder, 'out');
    const report = await fixDataset(folder, out);
    expect(report).toMatchObject({ images: 0, boxes: 0, dropped: { 'malformed-file': 1 } });
    expect(report.check.errors.map(({ code }) => code)).toContain('malformed-file');
    expect(existsSync(out)).toBe(false);
  });
});
