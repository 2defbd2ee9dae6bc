import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Activation, ConvLayer, DepthwiseLayer, Padding } from '../../src/model/graph.ts';
import { bindTraining } from '../../src/training/gradients/bind-gradient.ts';
import type { TrainingPlanStep } from '../../src/training/gradients/gradient-plan.ts';
import { layerGradients } from '../../src/training/gradients/layer-gradient.ts';
import { trainingRuntime } from '../../src/training/training-runtime.ts';
import { withoutLayerKernels } from '../../support/models/layer-kernels.ts';
import { seededRandom } from '../../support/models/random-weights.ts';
import * as reference from '../../support/reference/reference-layers.ts';
import { type Array4, array4 } from '../../support/reference/reference-layers.ts';

interface Case {
  name: string;
  step: TrainingPlanStep;
  maps: Array4['shape'][];
  tensors: number[][];
  forward(maps: Array4[], tensors: Float64Array[]): Array4;
}

const named = { name: 'layer', input: 'input' };
const base = { name: 'layer', inputs: ['input'], tensors: [] };

function conv(
  maps: Array4['shape'],
  filters: number,
  kernel: number,
  options: Partial<ConvLayer> & { residual?: boolean } = {},
): Case {
  const { residual = false, activation, ...rest } = options;
  const layer: ConvLayer = {
    op: 'conv',
    ...named,
    filters,
    kernel,
    stride: 1,
    dilation: 1,
    padding: 'same',
    ...rest,
  };
  const like = array4(maps);
  const out = reference.conv(like, layer, new Float64Array(kernel ** 2 * maps[3] * filters)).shape;
  const { stride, dilation, padding } = layer;
  return {
    name: `${kernel}×${kernel} convolution of [${maps}] to ${filters}, stride ${stride}, dilation ${dilation}, padding ${padding}${residual ? ', residual' : ''}, ${activation ?? 'linear'}`,
    step: { kind: 'conv', layer, activation, ...base },
    maps: residual ? [maps, out] : [maps],
    tensors: [[kernel, kernel, maps[3], filters], [filters]],
    forward([x, add], [weight, bias]) {
      const y = reference.conv(x, layer, weight, bias);
      return reference.activate(add ? reference.add(y, add) : y, activation);
    },
  };
}

function depthwise(
  map: Array4['shape'],
  stride: number,
  padding: Padding,
  kernel = 3,
  activation?: Activation,
): Case {
  const layer: DepthwiseLayer = { op: 'depthwise', ...named, kernel, stride, padding };
  return {
    name: `depthwise ${kernel}×${kernel} of [${map}], stride ${stride}, padding ${padding}, ${activation ?? 'linear'}`,
    step: { kind: 'depthwise', layer, activation, ...base },
    maps: [map],
    tensors: [[kernel, kernel, map[3], 1], [map[3]]],
    forward: ([x], [weight, bias]) =>
      reference.activate(reference.depthwise(x, layer, weight, bias), activation),
  };
}

function maxPool(map: Array4['shape'], size: number, padding: number, ceil: boolean): Case {
  const layer = { op: 'maxpool', ...named, size, stride: 2, padding, ceil } as const;
  return {
    name: `max-pool ${size}×${size} of [${map}], padding ${padding}${ceil ? ', ceil' : ''}`,
    step: { kind: 'maxpool', layer, ...base },
    maps: [map],
    tensors: [],
    forward: ([x]) => reference.maxPool(x, layer),
  };
}

function batchNorm(batchStatistics: boolean): Case {
  return {
    name: `batch normalization by ${batchStatistics ? 'batch' : 'running'} statistics`,
    step: { kind: 'batchNorm', layer: named, activation: 'relu', batchStatistics, ...base },
    maps: [[2, 3, 3, 5]],
    tensors: [[5], [5], [5], [5]],
    forward([x], [gamma, beta, mean, variance]) {
      const statistics = batchStatistics ? undefined : { mean, variance };
      return reference.activate(reference.batchNorm(x, gamma, beta, statistics), 'relu');
    },
  };
}

const CASES: Case[] = [
  conv([1, 1, 1, 1], 1, 1),
  conv([2, 3, 5, 7], 13, 1, { activation: 'relu6' }),
  conv([3, 4, 4, 8], 16, 1, { residual: true }),
  conv([1, 5, 3, 6], 3, 1, { residual: true, activation: 'relu6' }),
  conv([1, 5, 5, 6], 9, 1, { stride: 2, padding: 0 }),
  conv([2, 5, 7, 3], 5, 3, { activation: 'relu' }),
  conv([1, 6, 7, 5], 4, 3, { stride: 2 }),
  conv([2, 5, 6, 4], 9, 3, { stride: 2, padding: 1, activation: 'relu6' }),
  conv([1, 8, 7, 4], 3, 3, { dilation: 3, padding: 3 }),
  conv([1, 5, 6, 4], 3, 3, { padding: 0 }),
  conv([1, 2, 1, 3], 6, 3, { padding: 1 }),
  conv([1, 11, 9, 3], 5, 7, { stride: 2, padding: 3, activation: 'relu' }),
  depthwise([1, 1, 1, 1], 1, 'same'),
  depthwise([2, 5, 7, 6], 1, 'same', 3, 'relu6'),
  depthwise([1, 6, 9, 13], 2, 'same'),
  depthwise([1, 9, 11, 4], 2, 'same', 3, 'relu6'),
  depthwise([2, 7, 12, 5], 1, 0),
  depthwise([1, 5, 6, 3], 2, 1),
  depthwise([1, 6, 7, 3], 1, 'same', 5),
  {
    name: '2×2 deconvolution of [2,3,2,5] to 3',
    step: { kind: 'deconv', layer: { op: 'deconv', ...named, filters: 3 }, ...base },
    maps: [[2, 3, 2, 5]],
    tensors: [[2, 2, 5, 3], [3]],
    forward: ([x], [weight, bias]) => reference.deconv(x, 3, weight, bias),
  },
  maxPool([2, 6, 4, 3], 2, 0, false),
  maxPool([1, 5, 7, 3], 2, 0, true),
  maxPool([1, 8, 8, 2], 3, 0, true),
  maxPool([1, 7, 6, 2], 3, 1, true),
  {
    name: 'L2 normalization',
    step: { kind: 'l2norm', layer: { op: 'l2norm', ...named, scale: 1 }, ...base },
    maps: [[2, 3, 2, 7]],
    tensors: [[7]],
    forward: ([x], [scale]) => reference.l2norm(x, scale),
  },
  {
    name: 'addition',
    step: {
      kind: 'add',
      layer: { op: 'add', name: 'layer', inputs: ['a', 'b'] },
      activation: 'relu',
      ...base,
    },
    maps: [
      [2, 3, 2, 7],
      [2, 3, 2, 7],
    ],
    tensors: [],
    forward: ([a, b]) => reference.activate(reference.add(a, b), 'relu'),
  },
  batchNorm(false),
  batchNorm(true),
];

/** Random inputs, float32 values so that all precisions see the same numbers. */
function randomInputs({ step, maps, tensors }: Case) {
  const random = seededRandom(7);
  const fill = (size: number, positive = false) =>
    Float64Array.from({ length: size }, () =>
      Math.fround(positive ? 0.5 + random() : 4 * random() - 2),
    );
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  return {
    // Pooling follows a ReLU in every graph: see maxPoolGradients.
    maps: maps.map((shape) => array4(shape, fill(size(shape), step.kind === 'maxpool'))),
    // A variance is positive; no other tensor comes fourth.
    tensors: tensors.map((shape, i) => fill(size(shape), i === 3)),
  };
}

/** Gradients of Σ c·y from the code under test, with fixed numbers `c`. */
function computed(test: Case, inputs: ReturnType<typeof randomInputs>, coefficients: Float64Array) {
  const { step } = test;
  const maps = inputs.maps.map(({ shape, data }) => tf.tensor4d(Float32Array.from(data), shape));
  const tensors = inputs.tensors.map((data, i) =>
    tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(data), test.tensors[i]))),
  );
  const bound = bindTraining(step, tensors);
  const output = bound.run(maps);
  const result = tf.tidy(() => {
    const gradient = tf.tensor4d(Float32Array.from(coefficients), output.shape);
    const wanted = { maps: maps.map(() => true), tensors: true };
    const call = { step, maps, tensors, output, gradient, wanted };
    const found = layerGradients({ ...call, sums: maps.map(() => undefined) });
    // The same again, added to other gradients and without other outputs.
    const sums = maps.map((map) => tf.onesLike(map));
    const summed = layerGradients({ ...call, sums, wanted: { ...wanted, tensors: false } });
    const parts = layerGradients({
      ...call,
      sums,
      wanted: { maps: maps.map(() => false), tensors: true },
    });
    return {
      output: output.dataSync(),
      maps: found.maps.map((map) => map!.dataSync()),
      summed: summed.maps.map((map) => map!.dataSync()),
      tensors: found.tensors.map((tensor) => tensor.dataSync()),
      shapes: found.tensors.map(({ shape }) => shape),
      counts: [summed.tensors.length, parts.maps.filter((map) => map).length, parts.tensors.length],
    };
  });
  bound.dispose();
  tf.dispose([...maps, ...tensors, output]);
  return result;
}

const DELTA = 1e-5;

/** Central differences of Σ c·y at some elements of an array that `forward` reads. */
function differences(array: Float64Array, elements: number[], loss: () => number): number[] {
  return elements.map((i) => {
    const value = array[i];
    array[i] = value + DELTA;
    const above = loss();
    array[i] = value - DELTA;
    const below = loss();
    array[i] = value;
    return (above - below) / (2 * DELTA);
  });
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  const largest = Math.max(1, ...Array.from(expected, Math.abs));
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance * largest);
  }
}

const PATHS = ['kernels on wasm', 'composed on wasm', 'composed on cpu'] as const;

beforeAll(() => trainingRuntime(1));
afterEach(() => tf.setBackend('wasm'));

describe.each(PATHS)('gradients, %s', (path) => {
  it.each(CASES.map((test) => [test.name, test] as const))('%s', async (_, test) => {
    const inputs = randomInputs(test);
    const value = test.forward(inputs.maps, inputs.tensors);
    const random = seededRandom(11);
    const coefficients = value.data.map(() => Math.fround(random() - 0.5));
    const loss = () => {
      const y = test.forward(inputs.maps, inputs.tensors).data;
      return y.reduce((sum, element, i) => sum + element * coefficients[i], 0);
    };
    if (path === 'composed on cpu') await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    const run = () => computed(test, inputs, coefficients);
    const found = path === 'composed on wasm' ? await withoutLayerKernels(run) : run();
    expect(tf.memory().numTensors).toBe(before);

    expectClose(found.output, value.data, 1e-5);
    const trained = test.step.kind === 'batchNorm' ? 2 : test.tensors.length;
    expect(found.shapes).toEqual(test.tensors.slice(0, trained));
    expect(found.counts).toEqual([0, 0, trained]);
    const pick = (length: number) =>
      Array.from({ length: Math.min(length, 24) }, () => Math.floor(random() * length));
    inputs.maps.forEach(({ data }, i) => {
      const elements = pick(data.length);
      const expected = differences(data, elements, loss);
      expectClose(
        elements.map((at) => found.maps[i][at]),
        expected,
        2e-5,
      );
      expectClose(
        found.summed[i],
        found.maps[i].map((element) => element + 1),
        1e-5,
      );
    });
    inputs.tensors.slice(0, trained).forEach((data, i) => {
      const elements = pick(data.length);
      const expected = differences(data, elements, loss);
      expectClose(
        elements.map((at) => found.tensors[i][at]),
        expected,
        2e-5,
      );
    });
  });
});
