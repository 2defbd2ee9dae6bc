/** Addresses above 2 GiB are negative numbers to JavaScript; sizes above 4 GiB wrap around. */
import { beforeAll, describe, expect, it } from 'vitest';
import { float32View } from '../../src/kernels/heap.ts';
import type { Kernels } from '../../src/kernels/module.ts';
import { mergeDetections, PostProcessor } from '../../src/kernels/postprocess.ts';
import { POSTPROCESS_DEFAULTS } from '../../src/kernels/postprocess-options.ts';
import { Preprocessor } from '../../src/kernels/resize.ts';
import { makeScene } from '../../support/scenes/detection-scene.ts';
import { BUILDS, freshKernels } from './helpers.ts';

describe.each(BUILDS)('above 2 GiB ($build)', ({ threaded }) => {
  let low: Kernels;
  let high: Kernels;
  beforeAll(async () => {
    low = await freshKernels(threaded);
    high = await freshKernels(threaded);
    // Never written: uses address space, not memory.
    high.heap.malloc(2 ** 31);
    while (high.heap.malloc(2 ** 16) < 2 ** 31);
  });

  it('the post-process finds the same', () => {
    const { heads, anchors } = makeScene({ inputSize: 128, classes: 5, seed: 3 });
    const options = { ...POSTPROCESS_DEFAULTS, softNms: 'linear', boxVoting: true } as const;
    const [expected, found] = [low, high].map((kernels) =>
      new PostProcessor(kernels, anchors, 5).runArrays([heads], options),
    );
    expect(expected.count).toBeGreaterThan(10);
    expect(found).toEqual(expected);
    const [merged, mergedHigh] = [low, high].map((kernels) =>
      mergeDetections(kernels, found, 5, { agnostic: true }),
    );
    expect(mergedHigh).toEqual(merged);
  });

  it('an image is resized to the same', () => {
    const data = Uint8Array.from(
      { length: 50 * 40 * 3 },
      (_, i) => Math.imul(i, 2654435761) >>> 24,
    );
    const image = { data, width: 50, height: 40, channels: 3 } as const;
    const options = { mean: [104, 117, 123], std: [1, 2, 3], channelOrder: 'BGR' } as const;
    const [expected, found] = [low, high].map((kernels) => {
      const pointer = kernels.heap.malloc(4 * 3 * 64 * 64);
      new Preprocessor(kernels).run(image, { pointer, width: 64, height: 64 }, options);
      return float32View(kernels.heap, pointer, 3 * 64 * 64).slice();
    });
    expect(found).toEqual(expected);
  });
});

describe.each(BUILDS)('more than 4 GiB ($build)', ({ threaded }) => {
  it('of scratch memory is refused instead of wrapping around', async () => {
    const kernels = await freshKernels(threaded);
    const count = 2 ** 20;
    const candidates = {
      boxes: new Float32Array(4 * count),
      scores: new Float32Array(count),
      classIds: new Int32Array(count),
    };
    for (const agnostic of [false, true]) {
      const options = { topK: 2 ** 31 - 1, keepTopK: 1, agnostic };
      expect(() => mergeDetections(kernels, candidates, 1024, options)).toThrow(
        expect.objectContaining({ code: 'OUT_OF_MEMORY' }),
      );
    }
    expect(mergeDetections(kernels, candidates, 1024, { keepTopK: 1 }).count).toBe(0);
  });
});
