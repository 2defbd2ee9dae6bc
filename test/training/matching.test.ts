import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap } from '../../src/kernels/heap.ts';
import { loadTrainingKernels } from '../../src/kernels/training/training-kernels.ts';
import { DetectionLoss, NEGATIVE, NEUTRAL } from '../../src/training/loss/detection-loss.ts';
import type { MatchThresholds } from '../../src/training/loss/loss-options.ts';
import type { Truth } from '../../src/training/loss/truth.ts';
import { referenceMatches } from '../../support/reference/reference-matching.ts';

type Corners = [number, number, number, number];

const HALVES: MatchThresholds = { positive: 0.5, negative: 0.5 };

function truth(boxes: Corners[], ignored: number[] = []): Truth {
  return {
    boxes: Float32Array.from(boxes.flat()),
    classIds: new Int32Array(boxes.length),
    ignored: Uint8Array.from(boxes, (_, g) => Number(ignored.includes(g))),
  };
}

function toCenters(boxes: Corners[]): Float32Array {
  return Float32Array.from(
    boxes.flatMap(([x1, y1, x2, y2]) => [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1]),
  );
}

describe.each([false, true])('matching (shared memory: %s)', (threaded) => {
  /** Matches of one image: to the plain anchors (ARM) and to anchors moved by offsets (ODM). */
  async function match(
    anchors: Corners[],
    boxes: Truth,
    { thresholds = HALVES, offsets = new Float32Array(4 * anchors.length) } = {},
  ) {
    const heap = createHeap({ threaded });
    const kernels = await loadTrainingKernels(heap);
    const loss = new DetectionLoss(kernels, toCenters(anchors), 1, {
      arm: thresholds,
      odm: thresholds,
    });
    const armLoc = heap.malloc(offsets.byteLength);
    new Float32Array(heap.memory.buffer, armLoc, offsets.length).set(offsets);
    const positives = loss.match({ armLoc, armConf: 0, odmLoc: 0, odmConf: 0 }, [boxes]);
    return { arm: [...loss.matches('arm')], odm: [...loss.matches('odm')], positives };
  }

  const LEFT: Corners = [0, 0, 0.5, 0.5];
  const RIGHT: Corners = [0.5, 0, 1, 0.5];
  const TALL: Corners = [0, 0, 0.5, 1];
  const TINY: Corners = [0.25, 0.25, 0.3125, 0.3125];

  it('gives every box its best anchor, even with a small overlap', async () => {
    const { arm, positives } = await match([LEFT, RIGHT], truth([TINY]));
    expect(arm).toEqual([0, NEGATIVE]);
    expect(positives).toEqual({ arm: 1, odm: 1 });
  });

  it('gives all anchors at or above the threshold their best box', async () => {
    // TALL overlaps the first box by exactly one half.
    const { arm } = await match([LEFT, TALL, RIGHT], truth([LEFT, RIGHT]));
    expect(arm).toEqual([0, 0, 1]);
  });

  it('prefers the larger overlap when two boxes compete for one anchor', async () => {
    const wide: Corners = [0, 0, 0.5, 0.375];
    const { arm } = await match([LEFT, TALL], truth([wide, LEFT]));
    expect(arm).toEqual([1, 0]);
  });

  it('leaves a box without an anchor that overlaps it unmatched', async () => {
    const { arm, positives } = await match([LEFT], truth([RIGHT]));
    expect(arm).toEqual([NEGATIVE]);
    expect(positives.arm).toBe(0);
  });

  it('makes anchors between the thresholds neutral', async () => {
    const thresholds = { positive: 0.7, negative: 0.4 };
    const { arm } = await match([LEFT, TALL, RIGHT], truth([LEFT]), { thresholds });
    expect(arm).toEqual([0, NEUTRAL, NEGATIVE]);
  });

  it('matches nothing to ignored boxes and mines no negatives in them', async () => {
    const { arm, positives } = await match([LEFT, TALL, RIGHT], truth([LEFT], [0]));
    expect(arm).toEqual([NEUTRAL, NEUTRAL, NEGATIVE]);
    expect(positives).toEqual({ arm: 0, odm: 0 });
  });

  it('moves the anchors of the ODM by the ARM offsets', async () => {
    // One anchor width to the right: 1 = 10 · variance 0.1.
    const offsets = Float32Array.of(10, 0, 0, 0);
    const { arm, odm } = await match([LEFT], truth([RIGHT]), { offsets });
    expect(arm).toEqual([NEGATIVE]);
    expect(odm).toEqual([0]);
  });

  it('accepts numbers that are not finite', async () => {
    const nan = [Number.NaN, 0, 0.5, 0.5] as Corners;
    const boxes = truth([nan, [0, 0, Number.POSITIVE_INFINITY, 1], LEFT, [0.2, 0.2, 0.2, 0.2]]);
    const { arm, odm } = await match([LEFT, RIGHT], boxes, {
      offsets: Float32Array.of(0, Number.NaN, 0, 0, 0, 0, 1e9, 0),
    });
    expect(arm).toEqual([2, NEGATIVE]);
    expect(odm).toEqual([NEGATIVE, NEGATIVE]);
  });

  it('has only negatives in an image without boxes', async () => {
    const { arm, positives } = await match([LEFT, RIGHT, TALL], truth([]));
    expect(arm).toEqual([NEGATIVE, NEGATIVE, NEGATIVE]);
    expect(positives).toEqual({ arm: 0, odm: 0 });
  });

  it('equals the rule as stated, ties included', async () => {
    const heap = createHeap({ threaded });
    const kernels = await loadTrainingKernels(heap);
    const armLoc = heap.malloc(4 * 4 * 64);
    new Float32Array(heap.memory.buffer, armLoc, 4 * 64).fill(0);
    // On a grid of 1/16 overlaps are exact in float32, and equal ones are common.
    const side = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 1, max: 16 }));
    const box = fc
      .tuple(side, side)
      .map(([[x, w], [y, h]]): Corners => [x, y, Math.min(x + w, 16), Math.min(y + h, 16)])
      .map((corners) => corners.map((value) => value / 16) as Corners);
    const overlap = fc.integer({ min: 0, max: 8 }).map((n) => n / 8);
    fc.assert(
      fc.property(
        fc.array(box, { minLength: 1, maxLength: 64 }),
        fc.array(fc.tuple(box, fc.boolean(), fc.boolean()), { maxLength: 8 }),
        fc.tuple(overlap, overlap),
        (anchors, rows, [a, b]) => {
          const thresholds = { positive: Math.max(a, b), negative: Math.min(a, b) };
          const boxes = truth(rows.map(([corners]) => corners));
          boxes.ignored.set(rows.map(([, first, second]) => Number(first && second)));
          const loss = new DetectionLoss(kernels, toCenters(anchors), 1, { odm: thresholds });
          const positives = loss.match({ armLoc, armConf: 0, odmLoc: 0, odmConf: 0 }, [boxes]);
          const expected = referenceMatches(anchors.flat(), boxes, thresholds);
          expect([...loss.matches('odm')]).toEqual([...expected]);
          expect(positives.odm).toBe(expected.filter((match) => match >= 0).length);
          loss.dispose();
        },
      ),
      { numRuns: 300 },
    );
  });
});
