import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBFloat16, decodeFloat16, encodeFloat16 } from '../../src/weights/half.ts';

const encode = (...values: number[]) => {
  const out = new Uint16Array(values.length);
  encodeFloat16(Float32Array.from(values), out);
  return [...out];
};
const decode = (...halves: number[]) => [...decodeFloat16(Uint16Array.from(halves))];

describe('float16', () => {
  it('decodes known values', () => {
    expect(decode(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x03ff, 0x8001)).toEqual([
      1,
      -2,
      65504,
      2 ** -14,
      2 ** -24,
      1023 * 2 ** -24,
      -(2 ** -24),
    ]);
    expect(decode(0x7c00, 0xfc00)).toEqual([Infinity, -Infinity]);
    expect(decode(0x7e00)[0]).toBeNaN();
    expect(Object.is(decode(0x8000)[0], -0)).toBe(true);
  });

  it('encodes what it decodes, for all 65,536 patterns', () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const out = new Uint16Array(65536);
    const values = decodeFloat16(halves);
    encodeFloat16(values, out);
    const changed = halves.filter((half, i) => out[i] !== half && !Number.isNaN(values[i]));
    expect([...changed]).toEqual([]);
    expect(halves.filter((_, i) => Number.isNaN(values[i])).length).toBe(2 * 1023);
  });

  it('rounds to nearest and ties to even, between all neighbors', () => {
    const wrong: number[] = [];
    for (let half = 0; half < 0x7bff; half++) {
      const [low, high] = decode(half, half + 1);
      const middle = (low + high) / 2; // exact in float32
      const even = half % 2 === 0 ? half : half + 1;
      const below = middle - (high - low) * 2 ** -12;
      const above = middle + (high - low) * 2 ** -12;
      const [tie, down, up, minus] = encode(middle, below, above, -middle);
      if (tie !== even || down !== half || up !== half + 1 || minus !== (even | 0x8000)) {
        wrong.push(half);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('overflows to infinity only from half a unit above the largest value', () => {
    expect(encode(65519.996, 65520, 1e30, Infinity, -Infinity)).toEqual([
      0x7bff, 0x7c00, 0x7c00, 0x7c00, 0xfc00,
    ]);
    expect(encode(2 ** -25, 2 ** -26, 1e-45, -1e-45)).toEqual([0, 0, 0, 0x8000]);
    expect(decode(...encode(Number.NaN))[0]).toBeNaN();
  });

  it('has an error of at most half a unit in the last place', () => {
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const [rounded] = decode(...encode(value));
        const step = 2 ** Math.max(-24, Math.floor(Math.log2(Math.abs(value) || 1)) - 10);
        expect(Math.abs(rounded - value)).toBeLessThanOrEqual(step / 2);
      }),
    );
  });
});

it('bfloat16 is the upper half of a float32', () => {
  expect([...decodeBFloat16(Uint16Array.of(0x3f80, 0xc040, 0x0000))]).toEqual([1, -3, 0]);
});
