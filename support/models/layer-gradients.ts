/** Gradients of a layer by the kernels under test and by tfjs itself. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { ConvLayer, DepthwiseLayer } from '../../src/model/graph.ts';
import type { PlanStep } from '../../src/model/plan.ts';
import { bindTraining } from '../../src/training/gradients/bind-gradient.ts';
import { layerGradients } from '../../src/training/gradients/layer-gradient.ts';
import '../tfjs-gradients.ts';

const BOTH = { maps: [true], tensors: true };

/** Output and gradients of Σ c·y from the kernels of the wasm backend. */
export function fromKernels(
  layer: ConvLayer | DepthwiseLayer,
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  c: tf.Tensor4D,
) {
  const bias = tf.zeros([filter.shape[layer.op === 'conv' ? 3 : 2]]);
  const tensors = [filter, bias];
  const base = { name: '', inputs: [''], tensors: [] };
  const step: PlanStep<'conv' | 'depthwise'> =
    layer.op === 'conv' ? { kind: 'conv', layer, ...base } : { kind: 'depthwise', layer, ...base };
  const bound = bindTraining(step, tensors);
  const output = bound.run([x]);
  const call = { step, maps: [x], tensors, output };
  const { maps, tensors: found } = layerGradients({
    ...call,
    gradient: c,
    wanted: BOTH,
    sums: [undefined],
  });
  bound.dispose();
  return [output, maps[0]!, found[0], found[1]].map((tensor) => tensor.dataSync());
}

/** The same from tfjs' own operations and gradients on the cpu backend. */
export async function fromTfjs(
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

export function expectEqual(actual: ArrayLike<number>[], expected: ArrayLike<number>[]) {
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

export const random = (shape: number[], seed: number) =>
  tf.randomUniform<tf.Rank.R4>(shape as [number, number, number, number], -1, 1, 'float32', seed);
