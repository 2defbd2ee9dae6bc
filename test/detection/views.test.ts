import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiScaleViews } from '../../src/detection/multi-scale.ts';
import { tileViews } from '../../src/detection/tiles.ts';
import { plainView } from '../../src/detection/views.ts';

const input = { width: 320, height: 320 };

describe('multi-scale views', () => {
  it('are the eight passes of the paper, each also mirrored', () => {
    const views = multiScaleViews()({ width: 500, height: 375 }, input);
    const sizes = views
      .filter(({ flip }) => !flip)
      .map((view) => [view.input.width, view.input.height]);
    expect(sizes).toEqual([
      [320, 320],
      [192, 192],
      [384, 384],
      [448, 448],
      [512, 512],
      [576, 576],
      [704, 704],
      [320, 192],
    ]);
    expect(views.filter(({ flip }) => flip)).toHaveLength(8);
  });

  it('squeeze the short side of a tall image too', () => {
    const views = multiScaleViews({ scales: [1], flip: false })({ width: 375, height: 500 }, input);
    expect(views.at(-1)?.input).toEqual({ width: 192, height: 320 });
  });

  it('accept small boxes from enlarged images and large boxes from the reduced image', () => {
    const box = (width: number, height: number) => ({ x: 0, y: 0, width, height });
    const plan = multiScaleViews({ scales: [0.6, 2.2], flip: false, anisotropic: false });
    const [small, large] = plan({ width: 500, height: 375 }, input);
    expect(small.accepts?.(box(33, 5))).toBe(true);
    expect(small.accepts?.(box(32, 32))).toBe(false);
    expect(large.accepts?.(box(31, 200))).toBe(true);
    expect(large.accepts?.(box(32, 32))).toBe(false);
  });

  it.each([
    [{ scales: [1, 3] }, 'multiScale.scales must be a list out of 1, 0.6'],
    [{ scales: [] }, 'not []'],
    [{ scales: 1 }, 'not 1'],
    [{ scale: [1] }, 'unknown option "multiScale.scale" (did you mean "scales"?)'],
    [{ flip: 'yes' }, 'multiScale.flip must be true or false, not "yes"'],
  ])('refuse %j', (options, message) => {
    expect(() => multiScaleViews(options as object)).toThrow(message);
  });
});

describe('tile views', () => {
  it('are the whole image alone when it fits into one tile', () => {
    expect(tileViews()({ width: 640, height: 480 }, input)).toEqual([
      plainView({ width: 640, height: 480 }, input),
    ]);
  });

  it('cover every pixel with whole tiles inside the image and the wanted overlap', () => {
    const side = fc.integer({ min: 65, max: 3000 });
    const overlaps = fc.double({ min: 0, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 64, max: 900 }),
        overlaps,
        (width, height, size, overlap) => {
          const tiles = tileViews({ size, overlap, whole: false })({ width, height }, input);
          for (const [start, length, total] of [
            ['x', 'width', width],
            ['y', 'height', height],
          ] as const) {
            const spans = [...new Map(tiles.map(({ crop }) => [crop[start], crop[length]]))].sort(
              ([a], [b]) => a - b,
            );
            expect(spans[0][0]).toBe(0);
            expect(spans.at(-1)![0] + spans.at(-1)![1]).toBe(total);
            for (let i = 1; i < spans.length; i++) {
              const shared = spans[i - 1][0] + spans[i - 1][1] - spans[i][0];
              expect(shared).toBeGreaterThanOrEqual(Math.floor(size * overlap) - 1);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('leave a box that an inner edge cuts to the neighbor, not one at the border of the image', () => {
    const [, first] = tileViews({ size: 600 })({ width: 1000, height: 600 }, input);
    expect(first.crop.x).toBe(0);
    const box = { y: 100, width: 100, height: 100 };
    expect(first.accepts?.({ ...box, x: 500 })).toBe(false);
    expect(first.accepts?.({ ...box, x: 0 })).toBe(true);
    expect(first.accepts?.({ ...box, x: 300 })).toBe(true);
  });

  it.each([
    [{ size: 10 }, 'tiles.size must be a whole number from 64, not 10'],
    [{ size: '640' }, 'not "640"'],
    [{ overlap: 1 }, 'tiles.overlap must be a number from 0 to 0.9, not 1'],
    [{ overlaps: 0.1 }, 'unknown option "tiles.overlaps" (did you mean "overlap"?)'],
  ])('refuse %j', (options, message) => {
    expect(() => tileViews(options as object)).toThrow(message);
  });
});
