import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveRandom, Random } from '../src/random.ts';

describe('Random', () => {
  it('follows the definition of sfc32', () => {
    // The generator's definition, computed by hand for two steps.
    const random = new Random([1, 2, 3, 4]);
    const [a, b, c, counter] = [1, 2, 3, 4];
    const sum = a + b + counter;
    expect(random.next()).toBe(sum);
    const [a2, b2] = [b ^ (b >>> 9), c + (c << 3)];
    expect(random.next()).toBe((a2 + b2 + counter + 1) >>> 0);
    expect(random.state[3]).toBe(counter + 2);
  });

  it('continues from its state, through JSON', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(200), (seed, draws) => {
        const random = deriveRandom(seed);
        for (let i = 0; i < draws; i++) random.next();
        const copy = new Random(JSON.parse(JSON.stringify(random.state)));
        for (let i = 0; i < 20; i++) expect(copy.next()).toBe(random.next());
      }),
    );
  });

  it('is uniform', () => {
    const random = deriveRandom(5);
    const draws = 40_000;
    const cells = new Array<number>(10).fill(0);
    let sum = 0;
    for (let i = 0; i < draws; i++) {
      const value = random.uniform();
      expect(value >= 0 && value < 1).toBe(true);
      cells[Math.floor(10 * value)]++;
      sum += value;
    }
    expect(sum / draws).toBeCloseTo(0.5, 2);
    // Chi-squared with 9 degrees of freedom is below 27.9 in 999 of 1000 cases; the seed is fixed.
    const expected = draws / 10;
    const chi = cells.reduce((total, n) => total + (n - expected) ** 2 / expected, 0);
    expect(chi).toBeLessThan(27.9);
  });

  it('draws integers, intervals, chances and normal deviates in range', () => {
    const random = deriveRandom(6);
    const seen = new Set<number>();
    let [hits, sum, squares] = [0, 0, 0];
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      seen.add(random.integer(7));
      const value = random.between(-2, 3);
      expect(value >= -2 && value < 3).toBe(true);
      hits += Number(random.chance(0.3));
      const normal = random.normal();
      sum += normal;
      squares += normal ** 2;
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(hits / draws).toBeCloseTo(0.3, 1);
    expect(Math.abs(sum / draws)).toBeLessThan(0.03);
    expect(squares / draws).toBeCloseTo(1, 1);
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  });

  it('shuffles in place and prefers no order', () => {
    const random = deriveRandom(7);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = random.shuffle(['a', 'b', 'c']).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe('deriveRandom', () => {
  it('gives every list of keys its own stream', () => {
    const keys = [[], [0], [1], [-1], [0, 0], [0, 1], [1, 0], [2 ** 32], [2 ** 40, 1], [0, 0, 0]];
    const starts = keys.map((list) => deriveRandom(...list).next());
    expect(new Set(starts).size).toBe(keys.length);
    expect(keys.map((list) => deriveRandom(...list).next())).toEqual(starts);
  });

  it('has no visible relation between neighboring streams', () => {
    let sum = 0;
    const draws = 20_000;
    for (let i = 0; i < draws; i++)
      sum += deriveRandom(1, i).uniform() * deriveRandom(1, i + 1).uniform();
    expect(sum / draws).toBeCloseTo(0.25, 2);
  });
});
