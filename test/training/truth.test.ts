import { describe, expect, it } from 'vitest';
import type { GroundTruth } from '../../src/datasets/dataset-types.ts';
import { checkTruth, truthOf } from '../../src/training/loss/truth.ts';

function box(x: number, y: number, width: number, height: number, more = {}): GroundTruth {
  return { classId: 0, box: { x, y, width, height }, difficult: false, crowd: false, ...more };
}

describe('truthOf', () => {
  it('normalizes boxes to the image', () => {
    const truth = truthOf([box(50, 20, 100, 40, { classId: 3 })], 200, 80);
    expect(truth).toEqual({
      boxes: Float32Array.of(0.25, 0.25, 0.75, 0.75),
      classIds: Int32Array.of(3),
      ignored: Uint8Array.of(0),
    });
    checkTruth(truth, 4);
  });

  it('clips boxes at the edges and leaves out boxes outside', () => {
    const boxes = [
      box(-10, -10, 20, 20),
      box(100, 0, 5, 5),
      box(90, 90, 1e-9, 5),
      box(95, 95, 9, 9),
    ];
    const { boxes: corners, classIds } = truthOf(boxes, 100, 100);
    expect(classIds).toHaveLength(2);
    expect([...corners]).toEqual([0, 0, 0.1, 0.1, 0.95, 0.95, 1, 1].map(Math.fround));
  });

  it('always ignores crowds, and difficult boxes on request', () => {
    const boxes = [
      box(0, 0, 1, 1),
      box(0, 0, 1, 1, { crowd: true }),
      box(0, 0, 1, 1, { difficult: true }),
    ];
    expect([...truthOf(boxes, 1, 1).ignored]).toEqual([0, 1, 0]);
    expect([...truthOf(boxes, 1, 1, 'ignore').ignored]).toEqual([0, 1, 1]);
  });

  it('has empty arrays for an image without boxes', () => {
    const truth = truthOf([], 10, 10);
    checkTruth(truth, 1);
    expect(truth.boxes).toHaveLength(0);
  });
});
