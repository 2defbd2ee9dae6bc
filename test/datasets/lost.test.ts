/** Boxes that do not reach a copy are counted, and records of one file are joined. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  convertDataset,
  fixDataset,
  loadDataset,
  loadSplits,
  lostMost,
} from '../../src/datasets/index.ts';
import { emptyFolder, folderWith, png, type Tree, vocObject, vocTree, vocXml } from './tree.ts';

const NUT = vocObject('nut', [2, 2, 9, 9]);
const fix = (tree: Tree) => fixDataset(folderWith(tree), path.join(emptyFolder(), 'out'));

describe('boxes that are lost', () => {
  const lines = '0 0.5 0.5 0.2 0.2\n'.repeat(4);
  const yolo: Tree = {
    'data.yaml': 'train: images\nnames: [nut]',
    'images/a.png': png(20, 20),
    'labels/a.txt': '0 0.5 0.5 0.2 0.2\n',
    'labels/b.txt': lines,
  };
  const openImages: Tree = {
    'train/a.png': png(20, 20),
    'train-annotations-bbox.csv': `ImageID,LabelName,XMin,XMax,YMin,YMax\na,nut,0,1,0,1\n${'b,nut,0,1,0,1\n'.repeat(4)}`,
  };

  it.each([
    ['an undecodable image of YOLO', { ...yolo, 'images/b.png': 'x' }, 'undecodable-image'],
    [
      'undecodable labels of YOLO',
      {
        ...yolo,
        'images/b.png': png(9, 9),
        'labels/b.txt': Buffer.from(`${lines}\n`.replace('0 ', '\xff '), 'latin1'),
      },
      'text-encoding',
    ],
    ['a missing image of Open Images', openImages, 'missing-image'],
    [
      'an undecodable image of Open Images',
      { ...openImages, 'train/b.png': 'x' },
      'undecodable-image',
    ],
    [
      'broken XML of VOC',
      vocTree({ a: vocXml(NUT), b: vocXml(NUT.repeat(4)).replace('</annotation>', '') }),
      'malformed-file',
    ],
    [
      'broken JSON of LabelMe',
      {
        'a.png': png(20, 20),
        'a.json': JSON.stringify({
          imagePath: 'a.png',
          shapes: [
            {
              label: 'nut',
              points: [
                [1, 1],
                [5, 5],
              ],
              shape_type: 'rectangle',
            },
          ],
        }),
        'b.json': `{"imagePath":"b.png","shapes":[${'{"label":"nut","points":[[1,1],[5,5]]},'.repeat(4)}`,
      },
      'malformed-file',
    ],
  ] as [string, Tree, string][])('with %s are all counted', async (_, tree, reason) => {
    const report = await fix(tree);
    expect(report.boxes).toBe(1);
    expect(Object.values(report.dropped).reduce((a, b) => a + b)).toBeGreaterThanOrEqual(4);
    expect(report.dropped[reason]).toBeGreaterThanOrEqual(4);
    expect(lostMost(report)).toBe(true);
  });

  it('with a file that is not there are as many as others have', async () => {
    const tree = vocTree({ a: vocXml(NUT.repeat(5)) });
    const report = await fix({ ...tree, 'ImageSets/Main/train.txt': 'a\ngone\nlost\n' });
    expect(report.dropped).toEqual({ 'missing-annotation': 10 });
    expect(lostMost(report)).toBe(true);
  });

  it('one by one are one each', async () => {
    const flat = vocObject('nut', [5, 5, 5, 5]);
    const report = await fix(vocTree({ a: vocXml(`${NUT.repeat(3)}${flat}<object></object>`) }));
    expect(report).toMatchObject({
      boxes: 3,
      dropped: { 'zero-area-box': 1, 'malformed-file': 1 },
    });
  });
});

describe('records of one file', () => {
  const record = (id: number) => ({ id, file_name: 'a.png', width: 20, height: 20 });
  const box = (id: number, image_id: number, x: number) => {
    return { id, image_id, category_id: 1, bbox: [x, 1, 5, 5] };
  };
  const coco = (boxes: object[]) =>
    JSON.stringify({
      images: [record(1), record(2)],
      annotations: boxes,
      categories: [{ id: 1, name: 'nut' }],
    });
  const tree = {
    'train/a.png': png(20, 20),
    'annotations/instances_train.json': coco([box(1, 1, 1), box(2, 2, 9), box(3, 2, 1)]),
  };

  it.each(['voc', 'coco', 'yolo'] as const)(
    'are one image in %s, which says so',
    async (format) => {
      const out = path.join(emptyFolder(), 'out');
      const report = await convertDataset(await loadSplits(folderWith(tree)), format, out);
      const { images } = await loadDataset(out);
      expect(report).toMatchObject({ images: 1, boxes: 2 });
      expect(report.losses.join()).toContain('joined with it: 1 of "train"');
      expect(images.map(({ boxes }) => boxes.map((truth) => Math.round(truth.box.x)))).toEqual([
        [1, 9],
      ]);
    },
  );

  it('lose no box when they are fixed', async () => {
    expect(await fix(tree)).toMatchObject({ images: 1, boxes: 2, dropped: {} });
  });

  it('in two splits have the boxes of both in VOC, which has one file for them', async () => {
    const two = {
      'images/a.png': png(20, 20),
      'annotations/instances_train.json': coco([box(1, 1, 1)]),
      'annotations/instances_val.json': coco([box(2, 2, 9)]),
    };
    const out = path.join(emptyFolder(), 'out');
    const splits = await loadSplits(folderWith(two));
    expect(await convertDataset(splits, 'voc', out)).toMatchObject({ boxes: 2 });
    expect((await loadDataset(out, { split: 'train' })).images[0].boxes).toHaveLength(2);
  });
});
