import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import type { ConvLayer, DepthwiseLayer } from '../../src/model/graph.ts';
import { bindTraining } from '../../src/training/gradients/bind.ts';
import { layerGradients } from '../../src/training/gradients/layer.ts';

/** Sizes at which the kernels work block by block, with remainders everywhere; [map, filters, kernel, stride]. */
const CONVOLUTIONS = [
  [[1, 21, 19, 70], 21, 3, 1],
  [[1, 9, 8, 10], 403, 3, 2],
  [[1, 9, 11, 530], 13, 1, 1],
  [[1, 17, 17, 130], 9, 1, 2],
] as const;

const DEPTHWISE = [
  [[2, 20, 23, 37], 1],
  [[2, 20, 23, 37], 2],
  [[3, 19, 17, 40], 2],
] as const;

beforeAll(async () => {
  await wasmRuntime(1);
});
afterAll(() => tf.setBackend('wasm'));

const BOTH = { maps: [true], tensors: true };

/** Output and gradients of Σ c·y through the kernels of the wasm backend. */
function fromKernels(
  layer: ConvLayer | DepthwiseLayer,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  c: tf.Tensor4D,
) {
  const bias = tf.zeros([filter.shape[layer.op === 'conv' ? 3 : 2]]);
  const activation = undefined;
  const tensors = [filter, bias];
  const bound = bindTraining(
    { name: '', layer, activation, inputs: [''], tensors: [] },
    tensors,
    false,
  );
  const output = bound.run([x]);
  const call = { layer, activation, batchStatistics: false, maps: [x], tensors, output };
  const { maps, tensors: found } = layerGradients({
    ...call,
    gradient: c,
    wanted: BOTH,
    sums: [undefined],
  });
  bound.dispose();
  return [output, maps[0]!, found[0], found[1]].map((tensor) => tensor.dataSync());
}

/** The same through tfjs' own operations and gradients on the cpu backend. */
async function fromTfjs(
  op: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor4D,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  c: tf.Tensor4D,
) {
  await tf.setBackend('cpu');
  const { value, grads } = tf.valueAndGrads((a, b) => op(a as tf.Tensor4D, b as tf.Tensor4D))(
    [x, filter],
    c,
  );
  const result = [value, grads[0], grads[1], tf.sum(c, [0, 1, 2])].map((tensor) =>
    tensor.dataSync(),
  );
  await tf.setBackend('wasm');
  return result;
}

function expectEqual(actual: ArrayLike<number>[], expected: ArrayLike<number>[]) {
  actual.forEach((values, i) => {
    let scale = 0;
    let difference = 0;
    for (let j = 0; j < expected[i].length; j++) {
      scale = Math.max(scale, Math.abs(expected[i][j]));
      difference = Math.max(difference, Math.abs(expected[i][j] - values[j]));
    }
    expect(values.length).toBe(expected[i].length);
    expect(difference).toBeLessThan(2e-6 * scale);
  });
}

const named = { name: 'layer', input: 'input', padding: 'same' } as const;
const random = (shape: number[], seed: number) =>
  tf.randomUniform<tf.Rank.R4>(shape as [number, number, number, number], -1, 1, 'float32', seed);

describe('gradient kernels at sizes that take several blocks', () => {
  it.each(CONVOLUTIONS)(
    'convolution of [%s] to %i channels, %i×, stride %i',
    async (map, filters, kernel, stride) => {
      const layer: ConvLayer = { op: 'conv', ...named, filters, kernel, stride, dilation: 1 };
      const op = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.conv2d(x, filter, stride, 'same');
      const x = random([...map], 1);
      const filter = random([kernel, kernel, map[3], filters], 2);
      const c = random(op(x, filter).shape, 3);
      expectEqual(fromKernels(layer, x, filter, c), await fromTfjs(op, x, filter, c));
    },
  );

  it.each(DEPTHWISE)('depthwise convolution of [%s], stride %i', async (map, stride) => {
    const layer: DepthwiseLayer = { op: 'depthwise', ...named, kernel: 3, stride };
    const op = (x: tf.Tensor4D, filter: tf.Tensor4D) =>
      tf.depthwiseConv2d(x, filter, stride, 'same');
    const x = random([...map], 1);
    const filter = random([3, 3, map[3], 1], 2);
    const c = random(op(x, filter).shape, 3);
    expectEqual(fromKernels(layer, x, filter, c), await fromTfjs(op, x, filter, c));
  });
});
