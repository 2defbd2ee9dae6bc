import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConvGeometry } from '../../../src/kernels/layers/layer-geometry.ts';
import { convParts, depthwiseParts, type Parts } from '../../../src/kernels/layers/parts.ts';

const BLOCK = 84;

function convolution(side: number, channels: number, filters: number, kernel = 1): ConvGeometry {
  const map = { batch: 1, height: side, width: side, outHeight: side, outWidth: side };
  const window = { kernelHeight: kernel, kernelWidth: kernel, stride: 1, dilation: 1 };
  return { ...map, ...window, channels, filters, padTop: 0, padLeft: 0 };
}

const depthwise = (side: number, channels: number) => {
  const map = { batch: 1, height: side, width: side, outHeight: side, outWidth: side };
  return { ...map, channels, stride: 1, padTop: 1, padLeft: 1 };
};

/** Items until the last thread is done, relative to an equal share. */
function lateness({ total, step }: Parts, threads: number): number {
  const rounds = Math.ceil(Math.ceil(total / step) / threads);
  return (rounds * step) / (total / threads);
}

describe('parts of layers', () => {
  it('one thread gets a layer whole, and so do several when it is small', () => {
    expect(convParts(convolution(40, 512, 512, 3), BLOCK, 1)).toMatchObject({ step: 1600 });
    expect(convParts(convolution(5, 128, 12), BLOCK, 4)).toMatchObject({ step: 25 });
    expect(depthwiseParts(depthwise(5, 128), 2)).toEqual({ total: 5, step: 5 });
  });

  it.each([2, 3, 4])('%i threads are busy until about the same time', (threads) => {
    const sides = fc.integer({ min: 10, max: 160 });
    const channels = fc.integer({ min: 64, max: 1024 });
    fc.assert(
      fc.property(sides, channels, channels, (side, from, to) => {
        const parts = convParts(convolution(side, from, to, 3), BLOCK, threads);
        expect(parts.byPanels || parts.step % 4 === 0).toBe(true);
        expect(lateness(parts, threads)).toBeLessThan(1.6);
        expect(lateness(depthwiseParts(depthwise(side, 1024), threads), threads)).toBeLessThan(1.6);
      }),
    );
  });

  it('lines and panels that can be shared equally are', () => {
    for (const [side, channels] of [
      [10, 960],
      [20, 384],
      [40, 128],
    ]) {
      expect(lateness(depthwiseParts(depthwise(side, channels), 2), 2)).toBe(1);
    }
    const parts = convParts(convolution(5, 256, 512, 3), BLOCK, 2);
    expect(parts).toMatchObject({ byPanels: true, total: 64 });
    expect(lateness(parts, 2)).toBe(1);
  });

  it('large maps are cut into blocks as the kernel computes them, small ones by the filter', () => {
    const { byPanels, step } = convParts(convolution(320, 64, 64, 3), BLOCK, 2);
    expect(byPanels).toBe(false);
    expect(step).toBeLessThanOrEqual(BLOCK);
    expect(convParts(convolution(20, 96, 576), BLOCK, 2).byPanels).toBe(false);
    expect(convParts(convolution(5, 512, 4), BLOCK, 2).byPanels).toBe(false);
  });
});
