import { describe, expect, it } from 'vitest';
import type { Dataset, GroundTruth } from '../../src/datasets/dataset-types.ts';
import { boxFromVocCorners } from '../../src/datasets/voc/voc-box.ts';
import { evaluate, type VocResult } from '../../src/evaluation/evaluate.ts';
import type { Predictions } from '../../src/evaluation/predictions.ts';
import { makeDataset, makePredictions, oneImage, type Rect } from './helpers.ts';

const A: Rect = [0, 0, 100, 100];
const B: Rect = [200, 0, 100, 100];
const NOWHERE: Rect = [400, 300, 50, 50];
const DIFFICULT: Partial<GroundTruth> = { difficult: true };

function aps({ dataset, predictions }: { dataset: Dataset; predictions: Predictions }, iou = 0.5) {
  const of = (metric: 'voc07' | 'voc12') =>
    (evaluate(dataset, predictions, { metric, iouThreshold: iou }) as VocResult).mAP;
  return { voc07: of('voc07'), voc12: of('voc12') };
}

describe('VOC average precision', () => {
  it('is 1 when every box is found and nothing else is detected', () => {
    // precision 1 at recall 1/2 and 1
    const found = oneImage(
      [[A], [B]],
      [
        [0.9, A],
        [0.8, B],
      ],
    );
    expect(aps(found)).toEqual({ voc07: 1, voc12: 1 });
  });

  it('is exactly 1 for any number of boxes that are all found', () => {
    for (let count = 1; count <= 40; count++) {
      const boxes = Array.from({ length: count }, (_, i): Rect => [20 * i, 0, 10, 10]);
      const found = boxes.map((box, i): [number, Rect] => [1 - i / 100, box]);
      const scores = aps(
        oneImage(
          boxes.map((box) => [box]),
          found,
        ),
      );
      expect(scores, `${count} boxes`).toEqual({ voc07: 1, voc12: 1 });
    }
  });

  it('uses 11 recalls in 2007 and the area from 2010 on', () => {
    // right, wrong, right of 2: precision 1 up to recall 1/2, then 2/3.
    // 11 points: recalls 0 … 0.5 are six at 1, 0.6 … 1 five at 2/3: (6 + 10/3) / 11 = 28/33.
    // area: 1/2 · 1 + 1/2 · 2/3 = 5/6.
    const found = oneImage(
      [[A], [B]],
      [
        [0.9, A],
        [0.8, NOWHERE],
        [0.7, B],
      ],
    );
    expect(aps(found)).toEqual({
      voc07: expect.closeTo(28 / 33, 12),
      voc12: expect.closeTo(5 / 6, 12),
    });
  });

  it('counts the second detection of one box as wrong', () => {
    // the same curve as above: right, duplicate, right
    const found = oneImage(
      [[A], [B]],
      [
        [0.9, A],
        [0.8, A],
        [0.7, B],
      ],
    );
    expect(aps(found).voc12).toBeCloseTo(5 / 6, 12);
  });

  it('does not match the second best box when the best one is taken', () => {
    // Two boxes shifted by 10: the second detection overlaps the first box most (IoU 1 against
    // 90/110), which is taken, so it is wrong although the other box would match: recall stays 1/2.
    const close: Rect = [10, 0, 100, 100];
    expect(
      aps(
        oneImage(
          [[A], [close]],
          [
            [0.9, A],
            [0.8, A],
          ],
        ),
      ).voc12,
    ).toBe(0.5);
  });

  it('keeps the given order between equal scores', () => {
    // wrong first: precision 1/2 at recall 1; right first: precision 1
    expect(
      aps(
        oneImage(
          [[A]],
          [
            [0.5, NOWHERE],
            [0.5, A],
          ],
        ),
      ).voc12,
    ).toBe(0.5);
    expect(
      aps(
        oneImage(
          [[A]],
          [
            [0.5, A],
            [0.5, NOWHERE],
          ],
        ),
      ).voc12,
    ).toBe(1);
  });

  it('requires an overlap strictly above the threshold', () => {
    // 100 × 100 inside 100 × 200: IoU exactly 1/2
    const found = oneImage([[[0, 0, 100, 200]]], [[0.9, A]]);
    expect(aps(found).voc12).toBe(0);
    expect(aps(found, 0.49).voc12).toBe(1);
  });

  it('includes the first and the last pixel in the size of a box', () => {
    // Corners 1..10 and 1..20: 10 and 20 pixels wide, IoU exactly 1/2. Without the +1 it would be
    // 9/19 and with the threshold at 0.48 nothing would be found.
    const { x, y, width, height } = boxFromVocCorners([1, 1, 10, 10]);
    const wide = boxFromVocCorners([1, 1, 20, 10]);
    const found = oneImage(
      [[[wide.x, wide.y, wide.width, wide.height]]],
      [[0.9, [x, y, width, height]]],
    );
    expect(aps(found, 0.48).voc12).toBe(1);
    expect(aps(found, 0.5).voc12).toBe(0);
  });

  it('does not count detections of a difficult box', () => {
    // Only B counts. Both detections of A are ignored, so B comes first: precision 1, recall 1.
    const found = oneImage(
      [[A, DIFFICULT], [B]],
      [
        [0.9, A],
        [0.8, A],
        [0.7, B],
      ],
    );
    expect(aps(found)).toEqual({ voc07: 1, voc12: 1 });
    // As an ordinary box, A is right once and wrong once: 5/6.
    expect(
      aps(
        oneImage(
          [[A], [B]],
          [
            [0.9, A],
            [0.8, A],
            [0.7, B],
          ],
        ),
      ).voc12,
    ).toBeCloseTo(5 / 6, 12);
  });

  it('is 0 without detections', () => {
    expect(aps(oneImage([[A]], []))).toEqual({ voc07: 0, voc12: 0 });
  });

  it('is undefined without ground truth that counts', () => {
    const { dataset, predictions } = oneImage([[A, DIFFICULT]], [[0.9, A]]);
    expect(evaluate(dataset, predictions, { metric: 'voc12' })).toMatchObject({
      mAP: null,
      perClass: {},
      classesWithoutGroundTruth: ['cat'],
      groundTruth: 0,
      ignoredGroundTruth: 1,
    });
  });

  it('counts detections in an image without boxes as wrong', () => {
    // wrong (0.9, image 2), right (0.8, image 1): precision 1/2 at recall 1
    const dataset = makeDataset(
      ['cat'],
      new Map([
        [1, [['cat', A]]],
        [2, []],
      ]),
    );
    const predictions = makePredictions(
      ['cat'],
      new Map([
        [1, [['cat', 0.8, A]]],
        [2, [['cat', 0.9, A]]],
      ]),
    );
    expect(aps({ dataset, predictions })).toEqual({ voc07: expect.closeTo(0.5, 12), voc12: 0.5 });
  });

  it('averages over the classes with ground truth only', () => {
    // cat 1, dog 0, owl has no box: (1 + 0) / 2
    const classes = ['cat', 'dog', 'owl'];
    const dataset = makeDataset(
      classes,
      new Map([
        [
          1,
          [
            ['cat', A],
            ['dog', B],
          ],
        ],
      ]),
    );
    const predictions = makePredictions(
      classes,
      new Map([
        [
          1,
          [
            ['cat', 0.9, A],
            ['owl', 0.9, NOWHERE],
          ],
        ],
      ]),
    );
    expect(evaluate(dataset, predictions, { metric: 'voc12' })).toMatchObject({
      mAP: 0.5,
      perClass: { cat: 1, dog: 0 },
      classesWithoutGroundTruth: ['owl'],
    });
  });

  it('does not mix classes or images', () => {
    // the right box with the wrong class, and the right class in the wrong image
    const classes = ['cat', 'dog'];
    const dataset = makeDataset(
      classes,
      new Map([
        [1, [['cat', A]]],
        [2, [['dog', B]]],
      ]),
    );
    const predictions = makePredictions(
      classes,
      new Map([
        [1, [['dog', 0.9, A]]],
        [2, [['cat', 0.9, A]]],
      ]),
    );
    expect(aps({ dataset, predictions }).voc12).toBe(0);
  });
});
