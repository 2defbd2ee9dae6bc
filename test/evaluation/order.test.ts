import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucket, bucketRows, sortByScore } from '../../src/evaluation/order.ts';

const rowsOf = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);

describe('sortByScore', () => {
  it('sorts any scores like a stable comparison', () => {
    const score = fc.oneof(
      fc.double({ noNaN: true }),
      fc.constantFrom(0, -0, 0.5, 1, -1, 5e-324, Number.POSITIVE_INFINITY),
    );
    fc.assert(
      fc.property(fc.array(score, { maxLength: 200 }), (scores) => {
        const expected = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
        const sorted = sortByScore(rowsOf(scores.length), Float64Array.from(scores));
        // Infinity - Infinity is NaN: compare scores, then rows of equal scores
        expect([...sorted].map((row) => scores[row] + 0)).toEqual(
          [...scores].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)).map((value) => value + 0),
        );
        if (scores.every(Number.isFinite)) expect([...sorted]).toEqual(expected);
      }),
    );
  });

  it('keeps the given order of equal scores, not the order of row numbers', () => {
    const sorted = sortByScore(Int32Array.of(3, 1, 2, 0), Float64Array.of(0.5, 0.5, 0.9, 0.5));
    expect([...sorted]).toEqual([2, 3, 1, 0]);
  });

  it('treats 0 and -0 as equal', () => {
    expect([...sortByScore(rowsOf(4), Float64Array.of(-0, 0, -0, 1))]).toEqual([3, 0, 1, 2]);
  });

  it('does not change its input', () => {
    const rows = rowsOf(3);
    sortByScore(rows, Float64Array.of(1, 3, 2));
    expect([...rows]).toEqual([0, 1, 2]);
  });
});

describe('bucketRows', () => {
  it('puts every row into the bucket of its key, in order', () => {
    const buckets = bucketRows(6, Int32Array.of(2, 0, 2, 3, 0, 2), 5);
    const contents = [0, 1, 2, 3, 4].map((b) => [...bucket(buckets, b)]);
    expect(contents).toEqual([[1, 4], [], [0, 2, 5], [3], []]);
  });

  it('sorts only the given rows', () => {
    const buckets = bucketRows(Int32Array.of(4, 1), Int32Array.of(9, 1, 9, 9, 0), 2);
    expect([...bucket(buckets, 0), -1, ...bucket(buckets, 1)]).toEqual([4, -1, 1]);
  });
});
