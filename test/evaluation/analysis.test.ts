import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Analysis, analyze } from '../../src/evaluation/analysis/analyze.ts';
import { type Found, makeDataset, makePredictions, oneImage, type Rect } from './helpers.ts';

const A: Rect = [0, 0, 100, 100];
const B: Rect = [200, 0, 100, 100];
const NOWHERE: Rect = [400, 300, 50, 50];

const count = ({ confusion: { classes, counts } }: Analysis, row: number, column: number) =>
  counts[row * (classes.length + 1) + column];

describe('reliability', () => {
  it('gives the share of right detections by score, and its mean distance from the score', () => {
    const { dataset, predictions } = oneImage(
      [[A], [B]],
      [
        [1, A],
        [0.92, NOWHERE],
        [0.14, B],
        [0.1, NOWHERE],
        [0.12, NOWHERE],
      ],
    );
    const { reliability } = analyze(dataset, predictions, { metric: 'voc12' });
    expect(reliability!.bins).toEqual([
      { detections: 3, meanScore: expect.closeTo(0.12), precision: 1 / 3 },
      { detections: 2, meanScore: expect.closeTo(0.96), precision: 0.5 },
    ]);
    expect(reliability!.error).toBeCloseTo((3 * (1 / 3 - 0.12) + 2 * (0.96 - 0.5)) / 5);
  });

  it('is absent without detections, and for scores that are no probabilities', () => {
    for (const found of [[], [[1.5, A]]] satisfies [number, Rect][][]) {
      const { dataset, predictions } = oneImage([[A]], found);
      expect(analyze(dataset, predictions, { metric: 'voc12' }).reliability).toBeUndefined();
    }
  });
});

describe('thresholds', () => {
  it('gives precision, recall and F1 at every threshold', () => {
    // Scores 0.9 right, 0.5 wrong, 0.2 right, of 2 boxes.
    const { dataset, predictions } = oneImage(
      [[A], [B]],
      [
        [0.9, A],
        [0.5, NOWHERE],
        [0.2, B],
      ],
    );
    const { thresholds, best } = analyze(dataset, predictions, { metric: 'voc12' });
    const at = (percent: number) => thresholds[percent];
    expect(thresholds).toHaveLength(101);
    expect(at(0)).toEqual({ threshold: 0, precision: 2 / 3, recall: 1, f1: 0.8 });
    expect(at(20)).toMatchObject({ threshold: 0.2, recall: 1 }); // a score equal to the threshold is kept
    expect(at(21)).toMatchObject({ precision: 0.5, recall: 0.5, f1: 0.5 });
    expect(at(51)).toMatchObject({ precision: 1, recall: 0.5, f1: 2 / 3 });
    expect(at(91)).toMatchObject({ precision: 1, recall: 0, f1: 0 });
    expect(best).toEqual({ threshold: 0.2, precision: 2 / 3, recall: 1, f1: 0.8 });
  });

  it('covers scores outside 0 to 1', () => {
    const { dataset, predictions } = oneImage(
      [[A]],
      [
        [-3, A],
        [7, NOWHERE],
      ],
    );
    const { thresholds } = analyze(dataset, predictions, { metric: 'voc12' });
    expect(thresholds[0]).toMatchObject({ threshold: -3, recall: 1, precision: 0.5 });
    expect(thresholds[100]).toMatchObject({ threshold: 7, recall: 0, precision: 0 });
  });

  it('counts every detection whose score reaches a threshold', () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(scores, (values) => {
        const { dataset, predictions } = oneImage(
          [[A]],
          values.map((score) => [score, NOWHERE]),
        );
        const { thresholds } = analyze(dataset, predictions, { metric: 'voc12' });
        const kept = thresholds.map(({ precision }) => (precision === 1 ? 0 : 1));
        const expected = thresholds.map(({ threshold }) =>
          values.some((score) => score >= threshold) ? 1 : 0,
        );
        expect(kept).toEqual(expected);
      }),
    );
  });

  it('finds the best point of a class at one of its scores', () => {
    const { dataset, predictions } = oneImage(
      [[A], [B]],
      [
        [0.9, A],
        [0.5, NOWHERE],
        [0.2, B],
      ],
    );
    const [{ best }] = analyze(dataset, predictions, { metric: 'voc12' }).classes;
    expect(best).toEqual({
      threshold: 0.2,
      precision: 2 / 3,
      recall: 1,
      f1: expect.closeTo(0.8, 12),
    });
  });
});

describe('confusion matrix', () => {
  const classes = ['cat', 'dog'];
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
  const found = (...list: Found[]) => makePredictions(classes, new Map([[1, list]]));

  it('counts right detections, confusions, missed boxes and false positives', () => {
    const predictions = found(['cat', 0.9, A], ['cat', 0.8, B], ['dog', 0.7, NOWHERE]);
    const analysis = analyze(dataset, predictions, { metric: 'voc12', scoreThreshold: 0.5 });
    expect([...analysis.confusion.counts]).toEqual([
      ...[1, 0, 0], // cat: found
      ...[1, 0, 0], // dog: detected as a cat, so not missed
      ...[0, 1, 0], // background: a dog
    ]);
    expect(analysis.misses).toMatchObject([
      { label: 'dog', takenFor: { label: 'cat', score: 0.8 } },
    ]);
  });

  it('matches one box with one wrong detection only', () => {
    const predictions = found(['dog', 0.9, B], ['dog', 0.8, A], ['dog', 0.7, A]);
    const analysis = analyze(dataset, predictions, { metric: 'voc12', scoreThreshold: 0.5 });
    expect([...analysis.confusion.counts]).toEqual([0, 1, 0, 0, 1, 0, 0, 1, 0]);
    expect(analysis.misses).toMatchObject([{ takenFor: { score: 0.8 } }]);
  });

  it('leaves out detections below the score threshold', () => {
    const predictions = found(['cat', 0.4, A], ['dog', 0.9, B]);
    const analysis = analyze(dataset, predictions, { metric: 'voc12', scoreThreshold: 0.5 });
    expect([...analysis.confusion.counts]).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 0]);
    expect(analysis.misses).toMatchObject([{ label: 'cat', score: 0.4 }]);
  });

  it('has the boxes of a class as row and its detections as column', () => {
    const rect = fc.tuple(
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 20, max: 60 }),
      fc.integer({ min: 20, max: 60 }),
    );
    const label = fc.constantFrom(...classes);
    const truths = fc.array(fc.tuple(label, rect), { maxLength: 6 });
    const detections = fc.array(fc.tuple(label, fc.double({ min: 0, max: 1, noNaN: true }), rect), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(truths, detections, fc.constantFrom('voc12', 'coco'), (truth, list, metric) => {
        const analysis = analyze(
          makeDataset(classes, new Map([[1, truth]])),
          makePredictions(classes, new Map([[1, list]])),
          { metric, scoreThreshold: 0.5 },
        );
        classes.forEach((name, i) => {
          const row = [0, 1, 2].map((j) => count(analysis, i, j));
          const column = [0, 1, 2].map((j) => count(analysis, j, i));
          const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
          expect(sum(row)).toBe(truth.filter(([l]) => l === name).length);
          expect(sum(column)).toBe(list.filter(([l, s]) => l === name && s >= 0.5).length);
        });
      }),
    );
  });
});

describe('errors', () => {
  it('distinguishes duplicates, confusions, poor boxes and background', () => {
    const classes = ['cat', 'dog'];
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
    const poor: Rect = [60, 0, 100, 100]; // IoU 40/160 with A
    const list: Found[] = [
      ['cat', 0.95, A],
      ['cat', 0.9, A],
      ['cat', 0.8, B],
      ['cat', 0.7, poor],
      ['cat', 0.6, NOWHERE],
      ['cat', 0.1, NOWHERE],
    ];
    const predictions = makePredictions(classes, new Map([[1, list]]));
    const analysis = analyze(dataset, predictions, { metric: 'voc12', scoreThreshold: 0.5 });
    expect(analysis.kinds).toEqual({ duplicate: 1, confusion: 1, localization: 1, background: 1 });
    expect(
      analysis.falsePositives.map(({ score, kind, truth }) => [score, kind, truth?.label]),
    ).toEqual([
      [0.9, 'duplicate', 'cat'],
      [0.8, 'confusion', 'dog'],
      [0.7, 'localization', 'cat'],
      [0.6, 'background', undefined],
      [0.1, 'background', undefined],
    ]);
    expect(analysis.falsePositives[2].truth?.iou).toBeCloseTo(0.25, 12);
  });

  it('lists boxes without any detection first, by size', () => {
    const small: Rect = [0, 200, 10, 10];
    const { dataset, predictions } = oneImage([[small], [A], [B]], [[0.2, B]]);
    const { misses } = analyze(dataset, predictions, { metric: 'voc12', scoreThreshold: 0.5 });
    expect(misses.map(({ box, score }) => [box.width, box.x, score])).toEqual([
      [100, 0, undefined],
      [10, 0, undefined],
      [100, 200, 0.2],
    ]);
  });

  it('lists no more than requested', () => {
    const { dataset, predictions } = oneImage(
      [[A], [B]],
      [
        [0.2, NOWHERE],
        [0.3, NOWHERE],
      ],
    );
    const analysis = analyze(dataset, predictions, { metric: 'coco', worst: 1 });
    expect(analysis.falsePositives).toMatchObject([{ score: 0.3 }]);
    expect(analysis.misses).toHaveLength(1);
  });

  it('never counts a difficult box as missed or its detection as wrong', () => {
    const { dataset, predictions } = oneImage([[A, { difficult: true }], [B]], [[0.9, A]]);
    const analysis = analyze(dataset, predictions, { metric: 'voc12' });
    expect(analysis.falsePositives).toEqual([]);
    expect(analysis.misses.map(({ box }) => box.x)).toEqual([200]);
  });

  it('accepts empty predictions and empty datasets', () => {
    const { dataset, predictions } = oneImage([], []);
    expect(analyze(dataset, predictions, { metric: 'voc07' })).toMatchObject({
      classes: [],
      misses: [],
      falsePositives: [],
      best: { f1: 0 },
    });
  });
});
