import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANCHOR_DEFAULTS,
  type AnchorOptions,
  anchorCount,
  anchorGrid,
  type GridShape,
  parseAnchorOptions,
} from '../src/anchors.ts';
import { writeAnchorGrid } from '../src/kernels/anchor-buffer.ts';
import { createHeap, float32View } from '../src/kernels/heap.ts';
import { loadKernels } from '../src/kernels/module.ts';

const LEVELS_320: GridShape[] = [
  [40, 40],
  [20, 20],
  [10, 10],
  [5, 5],
];
const LEVELS_512: GridShape[] = [
  [64, 64],
  [32, 32],
  [16, 16],
  [8, 8],
];

describe('anchorGrid', () => {
  it('has the published number of anchors', () => {
    expect(anchorGrid(LEVELS_320, 320, 320).length / 4).toBe(6375);
    expect(anchorGrid(LEVELS_512, 512, 512).length / 4).toBe(16320);
    expect(anchorCount(LEVELS_512)).toBe(16320);
  });

  it('orders level, row, column, ratio 1, 2, 1/2', () => {
    const anchors = anchorGrid(LEVELS_320, 320, 320);
    const row = (index: number) => [...anchors.subarray(4 * index, 4 * index + 4)];
    const close = (index: number, expected: number[]) =>
      row(index).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 6);
      });
    const [long, short] = [(32 * Math.SQRT2) / 320, 32 / Math.SQRT2 / 320];
    close(0, [4 / 320, 4 / 320, 0.1, 0.1]);
    close(1, [4 / 320, 4 / 320, long, short]);
    close(2, [4 / 320, 4 / 320, short, long]);
    close(3, [12 / 320, 4 / 320, 0.1, 0.1]);
    close(3 * 40, [4 / 320, 12 / 320, 0.1, 0.1]);
    close(3 * 1600, [8 / 320, 8 / 320, 0.2, 0.2]);
    close(6374, [288 / 320, 288 / 320, 256 / Math.SQRT2 / 320, (256 * Math.SQRT2) / 320]);
  });

  it('normalizes by width and height separately', () => {
    const anchors = anchorGrid([[1, 2]], 64, 128, {
      strides: [64],
      sizes: [32],
      ratios: [1],
      clip: false,
    });
    expect([...anchors]).toEqual([0.25, 0.5, 0.25, 0.5, 0.75, 0.5, 0.25, 0.5]);
  });

  it('clips the center and size vector on request', () => {
    const clipped = anchorGrid(LEVELS_320, 320, 320, { ...ANCHOR_DEFAULTS, clip: true });
    expect(Math.max(...clipped)).toBe(1);
    expect(Math.max(...anchorGrid(LEVELS_320, 320, 320))).toBeGreaterThan(1);
  });

  it('rejects a number of levels that differs from the options', () => {
    expect(() => anchorGrid([[1, 1]], 64, 64)).toThrow(/1 feature maps .* not 4 and 4/);
  });

  it('reports invalid sizes and options', () => {
    const grid = anchorGrid as (...values: unknown[]) => Float32Array;
    for (const wrong of [
      [null, 64, 64],
      [[[1]], 64, 64],
      [[[-1, 1]], 64, 64],
      [[[2 ** 40, 1]], 64, 64],
      [LEVELS_320, 0, 320],
      [LEVELS_320, 320],
    ]) {
      expect(() => grid(...wrong)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    for (const options of [null, 3, { ...ANCHOR_DEFAULTS, ratios: [0] }, { ratio: [1] }]) {
      expect(() => grid(LEVELS_320, 320, 320, options)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      );
    }
  });
});

describe('the anchor kernel', () => {
  const options = fc.record({
    strides: fc.constant([8, 16]),
    sizes: fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 })),
    ratios: fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), { minLength: 1, maxLength: 5 }),
    clip: fc.boolean(),
  });
  const side = fc.integer({ min: 0, max: 9 });

  it.each([false, true])(
    'equals the definition bit for bit (shared memory: %s)',
    async (threaded) => {
      const heap = createHeap({ threaded });
      const kernels = await loadKernels(heap);
      const pointer = heap.malloc(4 * 4 * 2 * 81 * 5);
      fc.assert(
        fc.property(side, side, side, side, options, (rows, columns, rows2, columns2, given) => {
          const levels: GridShape[] = [
            [rows, columns],
            [rows2, columns2],
          ];
          const expected = anchorGrid(levels, 100, 130, given as AnchorOptions);
          writeAnchorGrid(kernels, pointer, levels, 100, 130, given as AnchorOptions);
          expect(float32View(heap, pointer, expected.length).slice()).toEqual(expected);
        }),
      );
    },
  );
});

describe('parseAnchorOptions', () => {
  it('uses defaults for missing options', () => {
    expect(parseAnchorOptions({})).toEqual(ANCHOR_DEFAULTS);
    expect(parseAnchorOptions({ clip: true, ratios: [1] })).toEqual({
      ...ANCHOR_DEFAULTS,
      clip: true,
      ratios: [1],
    });
  });

  it.each([
    [null, 'null'],
    [[], '[]'],
    [{ clip: 1 }, 'anchors.clip must be true or false, not 1'],
    [{ sizes: [] }, 'anchors.sizes must be 1 to 64 positive numbers, not []'],
    [{ sizes: [0] }, 'not [0]'],
    [{ strides: ['8'] }, 'not ["8"]'],
    [{ ratios: Array(65).fill(1) }, 'anchors.ratios'],
    [{ ratios: 'x'.repeat(1e5) }, 'anchors.ratios'],
  ])('refuses %j', (value, message) => {
    const attempt = () => parseAnchorOptions(value);
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(attempt).toThrow(message);
  });
});
