import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset-types.ts';
import { type CocoResult, evaluate } from '../../src/evaluation/evaluate.ts';
import type { Predictions } from '../../src/evaluation/predictions.ts';
import { makeDataset, makePredictions, oneImage, type Rect } from './helpers.ts';

const LARGE: Rect = [0, 0, 100, 100];
const OTHER: Rect = [200, 0, 100, 100];
const NOWHERE: Rect = [400, 300, 100, 100];

function coco({ dataset, predictions }: { dataset: Dataset; predictions: Predictions }) {
  return evaluate(dataset, predictions, { metric: 'coco' }) as CocoResult;
}

describe('COCO evaluation', () => {
  it('is 1 for a perfect detector, and null for a size without boxes', () => {
    expect(coco(oneImage([[LARGE]], [[0.9, LARGE]]))).toMatchObject({
      AP: expect.closeTo(1, 12),
      AP50: expect.closeTo(1, 12),
      AP75: expect.closeTo(1, 12),
      APsmall: null,
      APmedium: null,
      APlarge: expect.closeTo(1, 12),
      AR1: 1,
      AR10: 1,
      AR100: 1,
      ARsmall: null,
      ARmedium: null,
      ARlarge: 1,
      perClass: { cat: expect.closeTo(1, 12) },
    });
  });

  it('adds the spacing of 1 to the count of detections, like pycocotools', () => {
    // 1 / (1 + 2^-52) is one step below 1; from two detections on the sum rounds back.
    expect(coco(oneImage([[LARGE]], [[0.9, LARGE]])).AP50).toBeLessThan(1);
    const two = oneImage(
      [[LARGE], [OTHER]],
      [
        [0.9, LARGE],
        [0.8, OTHER],
      ],
    );
    expect(coco(two).AP50).toBe(1);
  });

  it('averages ten IoU thresholds; an equal overlap meets a threshold', () => {
    // 75 × 100 inside 100 × 100: IoU 3/4 meets 0.50, 0.55 … 0.75: six of ten.
    const result = coco(oneImage([[LARGE]], [[0.9, [0, 0, 75, 100]]]));
    expect(result.AP).toBeCloseTo(0.6, 12);
    expect(result.AP75).toBeCloseTo(1, 12);
    expect(result.AR100).toBeCloseTo(0.6, 12);
  });

  it('samples precision at 101 recalls', () => {
    // One of two boxes: precision 1 at the 51 recalls 0 … 0.50, none beyond: 51/101.
    const result = coco(oneImage([[LARGE], [OTHER]], [[0.9, LARGE]]));
    expect(result.AP).toBeCloseTo(51 / 101, 12);
    expect(result.AR100).toBe(0.5);
  });

  it('counts wrong detections and duplicates against precision', () => {
    // right, duplicate, right of 2: 51 recalls at 1, 50 at 2/3.
    const result = coco(
      oneImage(
        [[LARGE], [OTHER]],
        [
          [0.9, LARGE],
          [0.8, LARGE],
          [0.7, OTHER],
        ],
      ),
    );
    expect(result.AP).toBeCloseTo((51 + 50 * (2 / 3)) / 101, 12);
  });

  it('matches the next best box when the best one is taken', () => {
    // Unlike VOC: the second detection of A takes the box shifted by 10 (IoU 90/110 = 0.818),
    // which meets seven thresholds: 7 · 1 + 3 · 51/101 over ten.
    const result = coco(
      oneImage(
        [[LARGE], [[10, 0, 100, 100]]],
        [
          [0.9, LARGE],
          [0.8, LARGE],
        ],
      ),
    );
    expect(result.AP50).toBeCloseTo(1, 12);
    expect(result.AP).toBeCloseTo((7 + 3 * (51 / 101)) / 10, 12);
  });

  it('ignores any number of detections inside a crowd', () => {
    // The crowd does not count; the box outside it is found with precision 1.
    const crowd: Rect = [0, 0, 200, 200];
    const inside: [number, Rect][] = [
      [0.9, [0, 0, 50, 50]],
      [0.8, [50, 50, 50, 50]],
    ];
    const truth: Parameters<typeof oneImage>[0] = [[crowd, { crowd: true }], [NOWHERE]];
    const result = coco(oneImage(truth, [...inside, [0.7, NOWHERE]]));
    expect(result.AP).toBeCloseTo(1, 12);
    expect(result).toMatchObject({ groundTruth: 1, ignoredGroundTruth: 1 });
    // Half outside: the share of the detection inside the crowd is 1/2, enough at IoU 0.50 only.
    const half = coco(
      oneImage(truth, [
        [0.9, [150, 0, 100, 100]],
        [0.7, NOWHERE],
      ]),
    );
    expect(half.AP50).toBeCloseTo(1, 12);
    expect(half.AP).toBeCloseTo((1 + 9 * 0.5) / 10, 12);
  });

  it('prefers a box that counts to an ignored one with more overlap', () => {
    // Both boxes pass IoU 0.5: the detection equals the crowd, but takes the box it covers by 0.8.
    const result = coco(oneImage([[LARGE, { crowd: true }], [[0, 0, 80, 100]]], [[0.9, LARGE]]));
    expect(result.AP50).toBeCloseTo(1, 12);
    expect(result.AR100).toBeCloseTo(0.7, 12); // 0.50 … 0.80
  });

  it('ignores difficult boxes like boxes of another size', () => {
    const found = oneImage(
      [[LARGE, { difficult: true }], [OTHER]],
      [
        [0.9, LARGE],
        [0.8, OTHER],
      ],
    );
    expect(coco(found).AP).toBeCloseTo(1, 12);
  });

  it('sorts boxes by the annotated area and detections by their own', () => {
    // The box measures 40 × 40 but its segmentation 1,000 square pixels: small. The unmatched
    // detection of 100 × 100 is out of range for small, but wrong overall.
    const small: Rect = [0, 0, 40, 40];
    const result = coco(
      oneImage(
        [[small, { area: 1000 }]],
        [
          [0.9, NOWHERE],
          [0.8, small],
        ],
      ),
    );
    expect(result).toMatchObject({
      AP: expect.closeTo(0.5, 12),
      APsmall: expect.closeTo(1, 12),
      APmedium: null,
      APlarge: null,
    });
  });

  it('counts a box of exactly 32² square pixels as small and as medium', () => {
    const edge: Rect = [0, 0, 32, 32];
    expect(coco(oneImage([[edge]], [[0.9, edge]]))).toMatchObject({ ARsmall: 1, ARmedium: 1 });
  });

  it('uses the best 1, 10 and 100 detections of an image and class', () => {
    // Eleven boxes, each found once: recall 1/11, 10/11 and 1.
    const rects = Array.from({ length: 11 }, (_, i): Rect => [50 * i, 0, 40, 40]);
    const result = coco(
      oneImage(
        rects.map((rect) => [rect]),
        rects.map((rect, i) => [1 - i / 20, rect]),
      ),
    );
    expect(result.AR1).toBeCloseTo(1 / 11, 12);
    expect(result.AR10).toBeCloseTo(10 / 11, 12);
    expect(result.AR100).toBe(1);
  });

  it('drops detections after the hundredth', () => {
    const found = Array.from({ length: 100 }, (): [number, Rect] => [0.9, NOWHERE]);
    expect(coco(oneImage([[LARGE]], [...found, [0.1, LARGE]])).AR100).toBe(0);
    expect(coco(oneImage([[LARGE]], [...found.slice(1), [0.1, LARGE]])).AR100).toBe(1);
  });

  it('orders equal scores by image id, then in the given order', () => {
    // Equal scores, right in image 10 and wrong in image 9. By number 9 comes first: precision 1/2.
    const tie = (right: number, wrong: number) => {
      const dataset = makeDataset(
        ['cat'],
        new Map([
          [right, [['cat', LARGE]]],
          [wrong, []],
        ]),
      );
      const predictions = makePredictions(
        ['cat'],
        new Map([
          [right, [['cat', 0.5, LARGE]]],
          [wrong, [['cat', 0.5, LARGE]]],
        ]),
      );
      return coco({ dataset, predictions }).AP;
    };
    expect(tie(10, 9)).toBeCloseTo(0.5, 12);
    expect(tie(9, 10)).toBeCloseTo(1, 12);
    expect(
      coco(
        oneImage(
          [[LARGE]],
          [
            [0.5, NOWHERE],
            [0.5, LARGE],
          ],
        ),
      ).AP,
    ).toBeCloseTo(0.5, 12);
  });

  it('is 0 without detections and null without ground truth', () => {
    expect(coco(oneImage([[LARGE]], []))).toMatchObject({ AP: 0, AR100: 0, APlarge: 0 });
    expect(coco(oneImage([], [[0.9, LARGE]]))).toMatchObject({
      AP: null,
      AR1: null,
      perClass: {},
      classesWithoutGroundTruth: ['cat'],
    });
  });
});
