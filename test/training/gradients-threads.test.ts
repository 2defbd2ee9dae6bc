import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasLayerKernels } from '../../src/kernels/layers/index.ts';
import type { ConvLayer, DepthwiseLayer } from '../../src/model/graph.ts';
import { trainingRuntime } from '../../src/training/training-runtime.ts';
import {
  expectEqual,
  fromKernels,
  fromTfjs,
  random,
} from '../../support/models/layer-gradients.ts';

const named = { name: 'layer', input: 'input', padding: 'same', kernel: 3 } as const;

beforeAll(async () => {
  expect((await trainingRuntime(2)).threads).toBe(2);
  expect(hasLayerKernels()).toBe(true);
});

describe('gradient kernels on shared memory', () => {
  it.each([1, 2])('convolution, stride %i', async (stride) => {
    const layer: ConvLayer = { op: 'conv', ...named, filters: 13, stride, dilation: 1 };
    const op = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.conv2d(x, filter, stride, 'same');
    const x = random([2, 9, 8, 10], 1);
    const filter = random([3, 3, 10, 13], 2);
    const c = random(op(x, filter).shape, 3);
    expectEqual(fromKernels(layer, x, filter, c), await fromTfjs(op, x, filter, c));
  });

  it('depthwise convolution', async () => {
    const layer: DepthwiseLayer = { op: 'depthwise', ...named, stride: 1 };
    const op = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.depthwiseConv2d(x, filter, 1, 'same');
    const x = random([2, 9, 8, 12], 1);
    const filter = random([3, 3, 12, 1], 2);
    const c = random(x.shape, 3);
    expectEqual(fromKernels(layer, x, filter, c), await fromTfjs(op, x, filter, c));
  });
});
