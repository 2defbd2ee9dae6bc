import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmRuntime } from '../../../src/backend/wasm.ts';
import { runLayerKernel } from '../../../src/kernels/layers/index.ts';
import { convGeometry } from '../../../src/model/geometry.ts';
import type { ConvLayer } from '../../../src/model/graph.ts';
import { deriveRandom } from '../../../src/random.ts';

beforeAll(() => wasmRuntime(1));

interface Sample {
  /** [batch, height, width, channels] */
  shape: [number, number, number, number];
  filters: number;
  padding: 0 | 1;
  hasBias: boolean;
  hasResidual: boolean;
  seed: number;
}

const samples: fc.Arbitrary<Sample> = fc.record({
  shape: fc.tuple(
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 3, max: 18 }),
    fc.integer({ min: 3, max: 18 }),
    fc.integer({ min: 1, max: 9 }).map((quarter) => 4 * quarter),
  ),
  filters: fc.integer({ min: 1, max: 21 }),
  padding: fc.constantFrom(0, 1),
  hasBias: fc.boolean(),
  hasResidual: fc.boolean(),
  seed: fc.integer(),
});

/** The kernel's output, and the textbook sum in double precision. */
function run({ shape, filters, padding, hasBias, hasResidual, seed }: Sample) {
  const random = deriveRandom(seed);
  const floats = (length: number) => Float32Array.from({ length }, () => random.between(-1, 1));
  const window = { kernel: 3, stride: 1, dilation: 1, padding } as const;
  const layer: ConvLayer = { op: 'conv', name: '', input: '', filters, ...window };
  const geometry = convGeometry(shape, layer);
  const { batch, height, width, channels, outHeight, outWidth } = geometry;
  const outShape: typeof shape = [batch, outHeight, outWidth, filters];
  const count = outShape.reduce((a, b) => a * b);
  const x = floats(batch * height * width * channels);
  const weights = floats(9 * channels * filters);
  const bias = floats(filters);
  const residual = floats(count);

  const expected = new Float64Array(count);
  for (let at = 0; at < count; at++) {
    const k = at % filters;
    const column = Math.floor(at / filters) % outWidth;
    const row = Math.floor(at / filters / outWidth) % outHeight;
    const image = Math.floor(at / filters / outWidth / outHeight);
    let sum = (hasBias ? bias[k] : 0) + (hasResidual ? residual[at] : 0);
    for (let tap = 0; tap < 9; tap++) {
      const i = row + Math.floor(tap / 3) - padding;
      const j = column + (tap % 3) - padding;
      if (i < 0 || j < 0 || i >= height || j >= width) continue;
      const pixel = ((image * height + i) * width + j) * channels;
      for (let c = 0; c < channels; c++) {
        sum += x[pixel + c] * weights[(tap * channels + c) * filters + k];
      }
    }
    expected[at] = Math.min(Math.max(sum, LOW), HIGH);
  }

  const values = tf.tidy(() => {
    const filter = tf.tensor4d(weights, [3, 3, channels, filters]);
    const packed = runLayerKernel(
      'packWinograd',
      { filter, bias: hasBias ? tf.tensor1d(bias) : undefined },
      {},
    );
    const added = hasResidual ? tf.tensor4d(residual, outShape) : undefined;
    const inputs = { x: tf.tensor4d(x, shape), filter: packed, residual: added };
    const y = runLayerKernel('winograd', inputs, { geometry, low: LOW, high: HIGH });
    expect(y.shape).toEqual(outShape);
    return y.dataSync();
  });
  return { values, expected };
}

const LOW = -3;
const HIGH = 5;

/** Part of the sum of all products' magnitudes: rounding grows with it in any order of summation. */
const TOLERANCE = 1e-6;

/** The largest difference over the products that make up an output. */
function error(sample: Sample): number {
  const { values, expected } = run(sample);
  expect(values.length).toBe(expected.length);
  const most = expected.reduce((max, value, i) => Math.max(max, Math.abs(value - values[i])), 0);
  return most / (9 * sample.shape[3]);
}

describe('the convolution by minimal filtering', () => {
  it('equals the textbook sum, for any size, padding, bias, residual and limits', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        expect(error(sample)).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 60 },
    );
  });

  it('equals it over several blocks of tiles and many channels', () => {
    const flags = { padding: 1, hasBias: true, hasResidual: true, seed: 4 } as const;
    expect(error({ shape: [1, 37, 34, 260], filters: 12, ...flags })).toBeLessThan(TOLERANCE);
  });
});
