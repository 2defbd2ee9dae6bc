import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../src/assignment.ts';

const total = (gains: number[][]) =>
  assign(gains.length, gains[0]?.length ?? 0, (i, j) => gains[i][j]).reduce(
    (sum, [i, j]) => sum + gains[i][j],
    0,
  );

/** The greatest sum, by trying every assignment. */
function bruteForce(gains: readonly number[][], used: ReadonlySet<number> = new Set()): number {
  if (gains.length === 0) return 0;
  const [first, ...rest] = gains;
  let best = bruteForce(rest, used);
  first.forEach((gain, j) => {
    if (!used.has(j)) best = Math.max(best, gain + bruteForce(rest, new Set([...used, j])));
  });
  return best;
}

const matrices = (gain: fc.Arbitrary<number>) =>
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
    .chain(([rows, columns]) =>
      fc.array(fc.array(gain, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    );

describe('assign', () => {
  it('finds the greatest total gain, as brute force does', () => {
    const gain = fc.oneof(
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.integer({ min: -1, max: 2 }), // ties
    );
    fc.assert(
      fc.property(matrices(gain), (gains) => {
        expect(total(gains)).toBeCloseTo(bruteForce(gains), 9);
      }),
      { numRuns: 500 },
    );
  });

  it('uses each row and column once, and no pair without gain', () => {
    fc.assert(
      fc.property(matrices(fc.integer({ min: -2, max: 3 })), (gains) => {
        const pairs = assign(gains.length, gains[0].length, (i, j) => gains[i][j]);
        expect(new Set(pairs.map(([i]) => i)).size).toBe(pairs.length);
        expect(new Set(pairs.map(([, j]) => j)).size).toBe(pairs.length);
        expect(pairs.every(([i, j]) => gains[i][j] > 0)).toBe(true);
        expect(pairs).toEqual(pairs.toSorted(([a], [b]) => a - b));
      }),
    );
  });

  it('prefers the greater sum to the greatest single gain', () => {
    const gains = [
      [10, 9],
      [9, 1],
    ];
    expect(assign(2, 2, (i, j) => gains[i][j])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('decides equal gains as SciPy does', () => {
    expect(assign(2, 3, () => 1)).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(assign(3, 2, () => 1)).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('assigns nothing where there are no rows or columns', () => {
    expect(assign(0, 3, () => 1)).toEqual([]);
    expect(assign(3, 0, () => 1)).toEqual([]);
  });
});
