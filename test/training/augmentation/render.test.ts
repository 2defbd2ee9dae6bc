import { beforeAll, describe, expect, it } from 'vitest';
import type { RawImage } from '../../../src/image/raw-image.ts';
import { createHeap, float32View, type Heap } from '../../../src/kernels/heap.ts';
import { Preprocessor } from '../../../src/kernels/resize.ts';
import {
  loadTrainingKernels,
  type TrainingKernels,
} from '../../../src/kernels/training/training-kernels.ts';
import { deriveRandom, type Random } from '../../../src/random.ts';
import { resolveAugmentation } from '../../../src/training/augmentation/augmentation-options.ts';
import {
  planSample,
  type SamplePlan,
  type Tile,
} from '../../../src/training/augmentation/augmentation-plan.ts';
import { UNCHANGED } from '../../../src/training/augmentation/color-jitter.ts';
import { WHOLE } from '../../../src/training/augmentation/region.ts';
import { Augmenter, type Normalization } from '../../../src/training/augmentation/render.ts';
import { referenceRender } from '../../../support/reference/reference-render.ts';
import { randomTruth } from '../../../support/scenes/training-scenes.ts';

const RGB: Normalization = {
  mean: [127.5, 120, 110],
  std: [127.5, 60, 50],
  channelOrder: 'RGB',
};
const BGR: Normalization = { mean: [104, 117, 123], std: [1, 1, 1], channelOrder: 'BGR' };
const EMPTY = { boxes: new Float32Array(), classIds: new Int32Array(), ignored: new Uint8Array() };

function noise(random: Random, width: number, height: number, channels: 1 | 3 | 4): RawImage {
  const data = Uint8Array.from({ length: width * height * channels }, () => random.integer(256));
  return { data, width, height, channels };
}

function planOf(tile: Partial<Tile>): SamplePlan {
  const whole = { image: 0, from: WHOLE, to: WHOLE, flip: false, colors: UNCHANGED };
  return { tiles: [{ ...whole, ...tile }], truth: EMPTY };
}

describe.each([false, true])('Augmenter (shared memory: %s)', (threaded) => {
  let heap: Heap;
  let kernels: TrainingKernels;

  beforeAll(async () => {
    heap = createHeap({ threaded });
    kernels = await loadTrainingKernels(heap);
  });

  function render(
    plan: SamplePlan,
    images: RawImage[],
    width: number,
    height: number,
    normalization = RGB,
  ): Float32Array {
    const augmenter = new Augmenter(kernels, normalization);
    // One more pixel: nothing may be written behind the target.
    const pointer = heap.malloc(12 * (width * height + 1));
    const view = () => float32View(heap, pointer, 3 * (width * height + 1));
    view().fill(Number.NaN);
    augmenter.render(plan, images, { pointer, width, height });
    const result = view().slice(0, -3);
    expect([...view().slice(-3)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    augmenter.dispose();
    heap.free(pointer);
    return result;
  }

  function expectReference(
    plan: SamplePlan,
    images: RawImage[],
    width: number,
    height: number,
    normalization = RGB,
  ) {
    const actual = render(plan, images, width, height, normalization);
    const expected = referenceRender(plan, images, normalization, width, height);
    const worst = actual.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - expected[i])),
      0,
    );
    // Normalized colors span up to 255.
    expect(worst).toBeLessThan(2e-4 * Math.max(1, 32 / Math.min(...normalization.std)));
  }

  it('equals the resize of detection without augmentation', () => {
    const random = deriveRandom(1);
    const [width, height] = [48, 32];
    const preprocessor = new Preprocessor(kernels);
    const pointer = heap.malloc(12 * width * height);
    for (const channels of [1, 3, 4] as const) {
      const image = noise(random, 71, 53, channels);
      preprocessor.run(image, { pointer, width, height }, BGR);
      const expected = float32View(heap, pointer, 3 * width * height).slice();
      const actual = render(planOf({}), [image], width, height, BGR);
      const worst = actual.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - expected[i])),
        0,
      );
      expect(worst).toBeLessThan(1e-3);
    }
    preprocessor.dispose();
    heap.free(pointer);
  });

  it('equals the reference for random plans, including mosaics and pasted boxes', () => {
    const options = resolveAugmentation({
      mosaic: { probability: 0.5 },
      paste: { probability: 0.5 },
    });
    for (let seed = 0; seed < 30; seed++) {
      const random = deriveRandom(seed);
      const size = () => 1 + random.integer(60);
      const images = Array.from({ length: 6 }, () =>
        noise(random, size(), size(), random.pick([1, 3, 4] as const)),
      );
      const truths = images.map(() => randomTruth(random, 1 + random.integer(3), 4));
      const own = truths.slice(0, random.chance(0.5) ? 1 : 4);
      const cutouts = random.chance(0.5) ? [{ truth: truths[4], box: 0 }] : [];
      const plan = planSample(random, options, own, cutouts);
      expectReference(plan, images, 24 + random.integer(20), 24 + random.integer(20));
    }
  });

  it('has the mean color, 0, beyond the image', () => {
    const white: RawImage = {
      data: new Uint8Array(12).fill(255),
      width: 2,
      height: 2,
      channels: 3,
    };
    const canvas = planOf({ from: { x: -1, y: -2, width: 4, height: 4 } });
    const actual = render(canvas, [white], 4, 4, BGR);
    const lit = actual.map((value) => Number(value !== 0));
    const pixels = Array.from({ length: 16 }, (_, i) => lit[3 * i]);
    expect(pixels).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect([...actual.slice(27, 30)]).toEqual([151, 138, 132]);
  });

  it('mirrors', () => {
    const random = deriveRandom(2);
    const image = noise(random, 9, 5, 3);
    const straight = render(planOf({}), [image], 6, 4);
    const mirrored = render(planOf({ flip: true }), [image], 6, 4);
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 6; column++) {
        const [a, b] = [3 * (6 * row + column), 3 * (6 * row + 5 - column)];
        for (let c = 0; c < 3; c++) expect(mirrored[a + c]).toBeCloseTo(straight[b + c], 5);
      }
    }
  });

  it('clamps colors before it normalizes', () => {
    const gray: RawImage = { data: Uint8Array.of(200, 100, 0), width: 1, height: 1, channels: 3 };
    const colors = [2, 0, 0, 0, 0, 1, 0, 7, 0, 0, 1, -7];
    const actual = render(planOf({ colors }), [gray], 1, 1, { ...BGR, channelOrder: 'RGB' });
    expect([...actual]).toEqual([255 - 104, 107 - 117, -123]);
  });

  it('accepts images of one pixel, one row and one column, and tiny tiles', () => {
    const random = deriveRandom(3);
    for (const [width, height] of [
      [1, 1],
      [1, 7],
      [7, 1],
    ]) {
      for (const channels of [1, 3, 4] as const) {
        expectReference(planOf({}), [noise(random, width, height, channels)], 5, 5);
      }
    }
    const hidden = { x: 0.5, y: 0.5, width: 1e-9, height: 0.5 };
    const image = noise(random, 4, 4, 3);
    const { tiles } = planOf({});
    const plan = { tiles: [...tiles, { ...tiles[0], to: hidden }], truth: EMPTY };
    expectReference(plan, [image], 5, 5);
  });

  it('does not let the heap grow from sample to sample', () => {
    const random = deriveRandom(4);
    const augmenter = new Augmenter(kernels, RGB);
    const image = noise(random, 90, 60, 4);
    const target = { pointer: heap.malloc(12 * 32 * 32), width: 32, height: 32 };
    const options = resolveAugmentation();
    const step = (plan: SamplePlan) => augmenter.render(plan, [image], target);
    step(planOf({}));
    const size = heap.memory.buffer.byteLength;
    for (let i = 0; i < 50; i++) step(planSample(random, options, [randomTruth(random, 2, 3)]));
    expect(heap.memory.buffer.byteLength).toBe(size);
    augmenter.dispose();
  });

  it('reports a missing image', () => {
    expect(() => render(planOf({ image: 1 }), [noise(deriveRandom(5), 2, 2, 3)], 2, 2)).toThrow(
      'the plan needs image 1, but there are 1',
    );
  });
});
