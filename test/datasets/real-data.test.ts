/** The readers against real files, where they are at hand. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  checkDataset,
  convertDataset,
  type Dataset,
  loadDataset,
} from '../../src/datasets/index.ts';
import { emptyFolder } from './tree.ts';

const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const load = (name: string, split?: string) => loadDataset(path.join(DATA, name), { split });

/** Boxes by class name. */
function counts({ classes, images }: Dataset, withDifficult: boolean): Record<string, number> {
  const all = images.flatMap((image) => image.boxes);
  const boxes = all.filter(({ difficult }) => withDifficult || !difficult);
  return Object.fromEntries(
    classes.map((name, id) => [name, boxes.filter(({ classId }) => classId === id).length]),
  );
}

const total = ({ images }: Dataset): number =>
  images.reduce((sum, { boxes }) => sum + boxes.length, 0);

describe.skipIf(!existsSync(DATA))('real datasets', () => {
  it('VOC 2007 slice: boxes per class of both splits, without difficult ones', async () => {
    const [trainval, test] = [
      await load('voc07-slice', 'trainval'),
      await load('voc07-slice', 'test'),
    ];
    expect([trainval.images.length, test.images.length]).toEqual([825, 358]);
    const expected =
      'aeroplane 36/23, bicycle 57/19, bird 54/23, boat 47/15, bottle 42/20, bus 25/10, ' +
      'car 173/80, cat 87/40, chair 130/54, cow 65/24, diningtable 33/15, dog 110/48, ' +
      'horse 76/27, motorbike 58/34, person 718/300, pottedplant 66/54, sheep 73/31, ' +
      'sofa 35/16, train 43/21, tvmonitor 45/20';
    const [first, second] = [counts(trainval, false), counts(test, false)];
    const found = trainval.classes.map((name) => `${name} ${first[name]}/${second[name]}`);
    expect(found.join(', ')).toBe(expected);
  });

  it('VOC 2012 animals: boxes per class, with difficult ones', async () => {
    const train = await load('voc-animals', 'train');
    expect([train.images.length, (await load('voc-animals', 'val')).images.length]).toEqual([
      1697, 865,
    ]);
    expect(counts(train, true)).toMatchObject({
      dog: 765,
      cat: 608,
      sheep: 509,
      horse: 376,
      cow: 348,
      person: 579,
      chair: 107,
      sofa: 82,
      car: 69,
      pottedplant: 64,
      bottle: 60,
    });
  });

  it('COCO: all boxes, sparse category ids', async () => {
    const coco = await load('coco-mini', 'train');
    expect([coco.images.length, total(coco), coco.classes.length]).toEqual([294, 2509, 80]);
    expect(coco.categoryIds?.at(-1)).toBe(90);
    expect(existsSync(coco.images[0].path)).toBe(true);
  });

  it('blood cells: two boxes without area are left out with their place', async () => {
    const splits = await Promise.all(['train', 'val', 'test'].map((split) => load('bccd', split)));
    expect(splits.map(({ images }) => images.length)).toEqual([205, 87, 72]);
    expect(splits.reduce((sum, split) => sum + total(split), 0)).toBe(4888 - 2);
    const warnings = splits.flatMap((split) => split.warnings);
    const places = warnings.map(
      ({ code, file, line }) => `${code} ${path.basename(file!)}:${line}`,
    );
    expect(places.sort()).toEqual([
      'zero-area-box BloodImage_00338.xml:158',
      'zero-area-box BloodImage_00343.xml:50',
    ]);
  });

  it('blood cells: checking finds those two and nothing else', async () => {
    const { errors, warnings, classes } = await checkDataset(path.join(DATA, 'bccd'));
    expect(errors.map(({ code }) => code)).toEqual(['zero-area-box', 'zero-area-box']);
    expect(warnings).toEqual([]);
    expect(classes).toEqual(['Platelets', 'RBC', 'WBC']);
  });

  it('COCO to YOLO and back keeps every box that YOLO can hold', async () => {
    const coco = await load('coco-mini');
    const folder = path.join(emptyFolder(), 'yolo');
    await convertDataset(coco, 'yolo', folder, { copyImages: 'symlink' });
    const yolo = await loadDataset(folder);
    const boxes = (dataset: Dataset) =>
      new Map(
        dataset.images.map(({ fileName, boxes: truths }) => [
          fileName,
          truths.filter(({ crowd }) => !crowd).map(({ box, classId }) => ({ ...box, classId })),
        ]),
      );
    const [before, after] = [boxes(coco), boxes(yolo)];
    expect(after.size).toBe(294);
    for (const [name, expected] of before) {
      const found = after.get(name)!;
      expect(found.map(({ classId }) => classId)).toEqual(expected.map(({ classId }) => classId));
      found.forEach((box, i) => {
        for (const side of ['x', 'y', 'width', 'height'] as const) {
          expect(Math.abs(box[side] - expected[i][side])).toBeLessThan(1e-3);
        }
      });
    }
  });
});
