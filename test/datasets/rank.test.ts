/** Which images are worth labeling next. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Box, Detection } from '../../src/boxes.ts';
import { imagesToRank } from '../../src/datasets/rank/images-to-rank.ts';
import { rankImage } from '../../src/datasets/rank/rank-image.ts';
import { folderWith, png, vocObject, vocTree, vocXml } from './tree.ts';

const BOX: Box = { x: 10, y: 10, width: 20, height: 20 };
const CLASSES = ['cat', 'dog'];
const found = (score: number, label = 'cat', box = BOX): Detection => {
  return { label, classId: CLASSES.indexOf(label), score, box };
};
const image = (labels: readonly string[], more: object = {}) => ({
  id: 1,
  fileName: 'a.png',
  path: '/a.png',
  annotationPath: '/a.xml',
  boxes: labels.map((label) => {
    const classId = CLASSES.indexOf(label);
    return { classId, box: BOX, difficult: false, crowd: false, ...more };
  }),
});
const rank = (detections: Detection[], labels?: string[], more?: object) =>
  rankImage(
    { image: image(labels ?? [], more), isLabeled: labels !== undefined },
    detections,
    CLASSES,
    new Set(CLASSES),
  );

describe('an image without labels', () => {
  it('is worth the more, the less sure the model is', () => {
    const scores = [0.5, 0.6, 0.4, 0.9, 0.99].map((score) => rank([found(score)]).score);
    expect(scores.map((score) => Number(score.toFixed(3)))).toEqual([1, 0.8, 0.8, 0.2, 0.02]);
    expect(rank([])).toMatchObject({ score: 0, disagreement: null });
    expect(rank([found(0.99), found(0.5)]).score).toBe(1);
  });
});

describe('an image with labels', () => {
  it('is worth nothing where the model surely finds just these', () => {
    expect(rank([found(1)], ['cat'])).toMatchObject({ score: 0, missed: [], extra: [] });
    expect(rank([], [])).toMatchObject({ score: 0, disagreement: 0 });
  });

  it('is worth the share of labels and sure detections without a partner', () => {
    expect(rank([], ['cat'])).toMatchObject({ score: 1, missed: [{ label: 'cat', box: BOX }] });
    expect(rank([found(1, 'dog')], ['cat'])).toMatchObject({
      score: 1,
      missed: [{ label: 'cat' }],
      extra: [{ label: 'dog', score: 1 }],
    });
    expect(rank([found(1), found(1)], ['cat']).disagreement).toBe(0.5);
    const far = { ...BOX, x: 100 };
    expect(rank([found(1, 'cat', far)], ['cat']).disagreement).toBe(1);
  });

  it('is not blamed for what is difficult, crowded, or of a class that the model does not know', () => {
    for (const more of [{ difficult: true }, { crowd: true }]) {
      expect(rank([], ['cat'], more).score).toBe(0);
      expect(rank([found(1)], ['cat'], more).score).toBe(0);
    }
    const labeled = { image: image(['dog']), isLabeled: true };
    expect(rankImage(labeled, [], CLASSES, new Set(['cat'])).score).toBe(0);
  });
});

describe('the images to rank', () => {
  const names = async (tree: Parameters<typeof folderWith>[0], options = {}) => {
    const folder = folderWith(tree);
    const { images } = await imagesToRank(folder, options);
    return images.map(({ image: { path: file }, isLabeled }) => [path.basename(file), isLabeled]);
  };

  it('are those of a dataset, and those beside them that nobody has labeled', async () => {
    const tree = {
      ...vocTree({ a: vocXml(vocObject('cat', [1, 1, 9, 9])), b: vocXml() }),
      'JPEGImages/c.png': png(9, 9, 3),
      'JPEGImages/._c.png': 'x',
    };
    const labeled = [
      ['a.png', true],
      ['b.png', true],
    ];
    expect(await names(tree)).toEqual([...labeled, ['c.png', false]]);
    expect(await names(tree, { split: 'train' })).toEqual(labeled);
  });

  it('are all of a folder without annotations', async () => {
    expect(await names({ 'x/a.png': png(9, 9), 'b.jfif': 'x' })).toEqual([
      ['b.jfif', false],
      ['a.png', false],
    ]);
    await expect(names({ 'a.txt': '' })).rejects.toMatchObject({ code: 'DATASET_EMPTY' });
  });
});
