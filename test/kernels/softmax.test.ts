import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32View } from '../../src/kernels/heap.ts';
import type { Kernels } from '../../src/kernels/module.ts';
import { BUILDS, expectClose, freshKernels, hostileFloat } from './helpers.ts';

const GUARD = 12345;
const CAPACITY = 400;

function referenceSoftmax(row: readonly number[]): number[] {
  if (row.some((x) => Number.isNaN(x) || x === Infinity)) return row.map(() => NaN);
  const top = Math.max(...row);
  const exponentials = row.map((x) => Math.exp(x - top));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((e) => e / sum);
}

describe.each(BUILDS)('softmaxRows ($build)', ({ threaded }) => {
  let kernels: Kernels;
  let pointer: number;
  beforeAll(async () => {
    kernels = await freshKernels(threaded);
    pointer = kernels.heap.malloc(8 * CAPACITY);
  });

  function softmax(rows: readonly number[][], inPlace: boolean): Float32Array {
    const size = rows.flat().length;
    const view = float32View(kernels.heap, pointer, 2 * CAPACITY).fill(GUARD);
    view.set(rows.flat());
    const from = inPlace ? 0 : CAPACITY;
    kernels.softmaxRows(pointer, pointer + 4 * from, rows.length, rows[0]?.length ?? 0);
    expect(view[from + size]).toBe(GUARD); // nothing is written past the last row
    return view.slice(from, from + size);
  }

  it('equals the plain softmax for rows of any length, in place or not', () => {
    const rows = fc.integer({ min: 1, max: 27 }).chain((columns) =>
      fc.array(fc.array(hostileFloat, { minLength: columns, maxLength: columns }), {
        maxLength: 5,
      }),
    );
    fc.assert(
      fc.property(rows, fc.boolean(), (given, inPlace) => {
        const float = given.map((row) => [...Float32Array.from(row)]);
        expectClose(softmax(float, inPlace), float.flatMap(referenceSoftmax), 5e-7);
      }),
    );
  });

  it('sums to one for a long row and does not overflow', () => {
    const row = Array.from({ length: 101 }, (_, i) => 1e30 * (i % 7));
    const result = softmax([row], false);
    expect(result.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });

  it('gives a row of -Infinity beside one finite value probability 0', () => {
    expect([...softmax([[-Infinity, 3, -Infinity]], false)]).toEqual([0, 1, 0]);
  });

  it('gives equal shares to equal logits, the smallest floats included', () => {
    for (const value of [0, 88, -3.4e38, 3.4e38]) {
      expectClose(softmax([Array(5).fill(value)], true), Array(5).fill(0.2), 1e-7);
    }
  });
});
