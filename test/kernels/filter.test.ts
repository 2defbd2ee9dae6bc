import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32View, uint32View } from '../../src/kernels/heap.ts';
import type { Kernels } from '../../src/kernels/module.ts';
import { BUILDS, freshKernels, hostileFloat } from './helpers.ts';

describe.each(BUILDS)('filterNegatives ($build)', ({ threaded }) => {
  let kernels: Kernels;
  let pointer: number;
  beforeAll(async () => {
    kernels = await freshKernels(threaded);
    pointer = kernels.heap.malloc(12 * 200);
  });

  function filter(logits: readonly number[], margin: number): number[] {
    const survivors = pointer + 8 * 200;
    float32View(kernels.heap, pointer, logits.length).set(logits);
    const count = kernels.filterNegatives(pointer, logits.length / 2, margin, survivors);
    return [...uint32View(kernels.heap, survivors, count)];
  }

  it('lists the anchors whose foreground probability reaches the threshold', () => {
    const pairs = fc.array(fc.tuple(hostileFloat, hostileFloat), { maxLength: 41 });
    fc.assert(
      fc.property(pairs, fc.float({ min: -6, max: 6, noNaN: true }), (given, margin) => {
        const logits = [...Float32Array.from(given.flat())];
        const expected = given.flatMap((_, i) => {
          const difference = Math.fround(logits[2 * i + 1] - logits[2 * i]);
          return difference >= margin && difference < Infinity ? [i] : [];
        });
        expect(filter(logits, margin)).toEqual(expected);
      }),
    );
  });

  it('keeps an anchor that is exactly at the threshold', () => {
    expect(filter([0, 1, 0, 0.5, 2, 1], 1)).toEqual([0]);
  });

  it('drops logits that are not finite even without a threshold', () => {
    const logits = [0, 0, NaN, 0, 0, NaN, 0, Infinity, -Infinity, 0, 5, -5];
    expect(filter(logits, -3.4e38)).toEqual([0, 5]);
  });
});
