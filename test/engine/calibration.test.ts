import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type WasmRuntime, wasmRuntime } from '../../src/backend/wasm.ts';
import { toRawImage } from '../../src/detection/image-source.ts';
import { loadModel } from '../../src/detection/load-model.ts';
import { RefineDet } from '../../src/detector.ts';
import { calibrate } from '../../src/engine/calibration/calibrate.ts';
import { chooseScale } from '../../src/engine/calibration/choose-scale.ts';
import { Histogram } from '../../src/engine/calibration/histogram.ts';
import type { RawImage } from '../../src/image/raw-image.ts';
import type { Model } from '../../src/model/model.ts';
import { writeModel } from '../../src/weights/model-file.ts';
import { presetModel } from '../../support/models/preset-model.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { ASTRONAUT, CAT } from '../cli/helpers.ts';

/** Largest finite float32. */
const LARGEST = 2 ** 128 - 2 ** 104;

let runtime: WasmRuntime;
let model: Model;
beforeAll(async () => {
  runtime = await wasmRuntime(1);
  model = await loadModel(undefined);
});

async function* photos(): AsyncGenerator<RawImage> {
  yield await toRawImage(CAT);
  yield await toRawImage(ASTRONAUT);
}

/** A random model with one weight everywhere in a tensor. */
function withWeight(tensor: string, weight: number): Model {
  const model = randomModel(64);
  model.weights.get(tensor)!.data.fill(weight);
  return model;
}

async function* none(): AsyncGenerator<RawImage> {}

describe('a histogram', () => {
  it('counts magnitudes by channel, also beyond its first range, and knows the means', () => {
    const histogram = new Histogram('stem', 2);
    histogram.add(Float32Array.of(1, -100, 2, 50));
    histogram.add(Float32Array.of(3, 5));
    expect(histogram.mean(0)).toBe(2);
    expect(histogram.mean(1)).toBe(-15);
    const { magnitudes, counts } = histogram.bins([1]);
    expect(counts).toEqual([1, 1, 1]);
    expect(magnitudes.map(Math.round)).toEqual([5, 50, 100]);
    expect(histogram.bins([0, 1]).counts.reduce((a, b) => a + b)).toBe(6);
  });

  it('holds the largest float, and refuses values that are not finite', () => {
    const histogram = new Histogram('stem', 1);
    histogram.add(Float32Array.of(-LARGEST));
    expect(histogram.bins([0]).counts).toEqual([1]);
    for (const value of [Infinity, -Infinity, Number.NaN]) {
      expect(() => histogram.add(Float32Array.of(1, value))).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringMatching(`^the map stem of the network holds ${value}, .*weights`),
        }),
      );
    }
  });
});

describe('the scale of a map', () => {
  it('holds all values where they are spread evenly', () => {
    const magnitudes = Array.from({ length: 100 }, (_, i) => i + 1);
    const scale = chooseScale({ magnitudes, counts: magnitudes.map(() => 10) }, 127);
    expect(scale * 127).toBeGreaterThan(97);
    expect(scale * 127).toBeLessThanOrEqual(100);
  });

  it('lets a few outliers saturate', () => {
    const magnitudes = [...Array.from({ length: 100 }, (_, i) => (i + 1) / 100), 2];
    const counts = magnitudes.map((value) => (value > 1 ? 1 : 100_000));
    expect(chooseScale({ magnitudes, counts }, 127) * 127).toBeLessThan(1.5);
  });
});

describe('a calibrated model', () => {
  it('detects in 8 bits what it detects in floats, with nearly the same scores', async () => {
    const quantization = await calibrate(runtime, model, photos());
    const found = [];
    for (const compute of ['float32', 'auto'] as const) {
      const detector = await RefineDet.load({ ...model, quantization }, { compute });
      expect(detector.compute).toBe(compute === 'auto' ? 'int8' : 'float32');
      found.push(await detector.detect(CAT));
      detector.dispose();
    }
    const [[float], [int8]] = found;
    expect(int8.label).toBe('cat');
    expect(float.label).toBe('cat');
    expect(Math.abs(int8.score - float.score)).toBeLessThan(0.1);
    expect(int8).not.toEqual(float);
    expect(Math.abs(int8.box.x - float.box.x)).toBeLessThan(0.05 * float.box.width);
  });

  it('has one scale per map, but one per channel where only depthwise convolutions read', async () => {
    const { scales, corrections } = await calibrate(runtime, randomModel(64), photos());
    const different = (map: string) => new Set(scales.get(map)).size;
    expect(different('block2.expand')).toBeGreaterThan(1);
    expect(different('block2.depthwise')).toBe(1);
    expect(different('block6.expand')).toBe(1); // the lateral convolution reads it too
    expect(corrections.get('block2.expand')!.some((value) => value !== 0)).toBe(true);
    expect(corrections.has('block2.depthwise')).toBe(false);
  });

  it('keeps its biases when asked to', async () => {
    const { corrections } = await calibrate(runtime, randomModel(64), photos(), { biases: false });
    expect(corrections.size).toBe(0);
  });

  it('leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    await calibrate(runtime, randomModel(64), photos());
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    ['Infinity', LARGEST],
    ['-Infinity', -LARGEST],
  ])('is none where finite weights of a file give %s', async (value, weight) => {
    const bytes = await writeModel(withWeight('block3.project.weight', weight));
    const file = await loadModel(bytes);
    const before = tf.memory().numTensors;
    await expect(calibrate(runtime, file, photos())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`the map block3.project of the network holds ${value}, `),
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is none with a weight that is not a number', async () => {
    const broken = withWeight('block3.project.weight', Number.NaN);
    await expect(calibrate(runtime, broken, photos())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('the map block3.project of the network holds NaN, '),
    });
  });

  it('needs images, and a light network', async () => {
    await expect(calibrate(runtime, randomModel(64), none())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    const dense = presetModel('refinedet320-vgg16');
    await expect(calibrate(runtime, dense, photos())).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});

describe('the option compute', () => {
  it('is float32 by default for a model without calibration, and int8 fails there', async () => {
    const plain = randomModel(64);
    const detector = await RefineDet.load(plain);
    expect(detector.compute).toBe('float32');
    detector.dispose();
    const loading = RefineDet.load(plain, { compute: 'int8' });
    await expect(loading).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(loading).rejects.toThrow(/needs a calibrated model/);
  });

  it('refuses other values, and int8 on other backends', async () => {
    const { cpu } = await import('../../src/backend/cpu.ts');
    const load = (options: object) => RefineDet.load(randomModel(64), options);
    await expect(load({ compute: 'int4' })).rejects.toThrow(
      'compute must be one of auto, float32, int8, not "int4"',
    );
    await expect(load({ backend: cpu, compute: 'int8' })).rejects.toThrow(
      'compute: "int8" needs the wasm backend, not cpu',
    );
  });
});
