import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tensorPointer } from '../../src/backend/wasm.ts';
import type { Heap } from '../../src/kernels/heap.ts';
import { hasLayerKernels } from '../../src/kernels/layers/index.ts';
import type { ConvLayer, DepthwiseLayer } from '../../src/model/graph.ts';
import { trainingRuntime } from '../../src/training/training-runtime.ts';
import {
  expectEqual,
  fromKernels,
  fromTfjs,
  random,
} from '../../support/models/layer-gradients.ts';

/** Sizes that the kernels process block by block, with remainders everywhere; [map, filters, kernel, stride]. */
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

/** Smaller than any map below. */
const SMALL_BLOCK = 16384;

let heap: Heap;

beforeAll(async () => {
  ({ heap } = await trainingRuntime(1));
  expect(hasLayerKernels()).toBe(true);
});
afterAll(() => tf.setBackend('wasm'));

const named = { name: 'layer', input: 'input', padding: 'same' } as const;
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

  it('works at addresses above 2 GiB', async () => {
    const layer: ConvLayer = {
      op: 'conv',
      ...named,
      filters: 11,
      kernel: 3,
      stride: 2,
      dilation: 1,
    };
    const op = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.conv2d(x, filter, 2, 'same');
    // Never touched: address space, not memory. The small blocks leave no space for a map below.
    const blocks = [heap.malloc(2 ** 31)];
    while (blocks.at(-1)! < 2 ** 31) blocks.push(heap.malloc(SMALL_BLOCK));
    const x = random([1, 48, 48, 20], 1);
    const filter = random([3, 3, 20, 11], 2);
    const c = random([1, 24, 24, 11], 3);
    expect(tensorPointer(x)).toBeGreaterThan(2 ** 31);
    const found = fromKernels(layer, x, filter, c);
    for (const block of blocks) heap.free(block);
    expectEqual(found, await fromTfjs(op, x, filter, c));
  });
});
