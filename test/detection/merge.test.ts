import { beforeAll, describe, expect, it } from 'vitest';
import { mergeViews, toDetections, viewToImage } from '../../src/detection/merge-views.ts';
import type { Kernels } from '../../src/kernels/module.ts';
import { POSTPROCESS_DEFAULTS } from '../../src/kernels/postprocess-options.ts';
import { freshKernels } from '../kernels/helpers.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await freshKernels(false);
});

/** Builds a list of one class from [score, x1, y1, x2, y2]. */
function listOf(...rows: number[][]) {
  return {
    count: rows.length,
    scores: Float32Array.from(rows, ([score]) => score),
    boxes: Float32Array.from(rows.flatMap(([, ...box]) => box)),
    classIds: new Int32Array(rows.length),
  };
}

describe('viewToImage', () => {
  const view = {
    crop: { x: 100, y: 50, width: 200, height: 100 },
    input: { width: 64, height: 64 },
  };
  const image = { width: 400, height: 200 };

  it('moves boxes of a crop, mirrored or not, to the whole image', () => {
    const found = listOf([0.9, 0, 0.5, 0.25, 1]);
    expect([...viewToImage(found, { ...view, flip: false }, image).boxes]).toEqual([
      0.25, 0.5, 0.375, 0.75,
    ]);
    expect([...viewToImage(found, { ...view, flip: true }, image).boxes]).toEqual([
      0.625, 0.5, 0.75, 0.75,
    ]);
  });

  it('drops the boxes that the view does not accept, and keeps the others in order', () => {
    const found = listOf([0.9, 0, 0, 1, 1], [0.8, 0, 0, 0.25, 1], [0.7, 0, 0, 0.5, 1]);
    const accepts = ({ width }: { width: number }) => width <= 100;
    const kept = viewToImage(found, { ...view, flip: false, accepts }, image);
    expect(kept.count).toBe(2);
    expect(kept.scores).toEqual(Float32Array.of(0.8, 0.7));
  });
});

describe('mergeViews', () => {
  const box = [0.25, 0.25, 0.75, 0.75];
  const merge = (lists: ReturnType<typeof listOf>[], scoreThreshold: number) =>
    mergeViews(kernels, lists, 1, { ...POSTPROCESS_DEFAULTS, scoreThreshold, boxVoting: true });

  it('returns a single list unchanged', () => {
    const list = listOf([0.9, ...box], [0.9, ...box]);
    expect(mergeViews(kernels, [list], 1, undefined)).toBe(list);
  });

  it('lets candidates vote that are too weak to be detections themselves', () => {
    const views = [listOf([0.5, ...box]), listOf([0.125, 0.25, 0.25, 0.75, 1])];
    const { count, boxes } = merge(views, 0.01);
    expect(count).toBe(1);
    // (0.5 · 0.75 + 0.125 · 1) / 0.625
    expect(boxes[3]).toBeCloseTo(0.8, 6);
    expect(merge(views, 0.5).boxes[3]).toBe(0.75);
  });
});

describe('toDetections', () => {
  const found = { ...listOf([0.7, 0, 0, 1, 1], [0.69, 0, 0, 1, 1], [0.6, 0, 0, 1, 1]), count: 2 };
  const scores = (scoreThreshold: number, maxDetections = 9) =>
    toDetections(found, { width: 10, height: 10 }, ['ant'], { scoreThreshold, maxDetections }).map(
      ({ score }) => score,
    );

  it('keeps detections at the threshold, which float32 may round down', () => {
    expect(scores(0.7)).toEqual([Math.fround(0.7)]);
    expect(scores(0.71)).toEqual([]);
    expect(scores(0.01)).toEqual([Math.fround(0.7), Math.fround(0.69)]);
  });

  it('keeps the best', () => expect(scores(0.01, 1)).toEqual([Math.fround(0.7)]));
});
