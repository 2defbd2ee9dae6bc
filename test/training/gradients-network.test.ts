import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import { foldBatchNorm } from '../../src/model/fold.ts';
import { type Graph, parameterShapes } from '../../src/model/graph.ts';
import { presetGraph } from '../../src/model/presets.ts';
import { type Heads, joinHeads, Network } from '../../src/model/run.ts';
import { TrainableNetwork } from '../../src/training/gradients/network.ts';
import type { ForwardOptions } from '../../src/training/gradients/plan.ts';
import { withoutLayerKernels } from '../helpers/layer-kernels.ts';
import { randomWeights } from '../helpers/weights.ts';

let heapBytes: () => number;

beforeAll(async () => {
  const { heap } = await wasmRuntime(1);
  heapBytes = () => heap.memory.buffer.byteLength;
});

const CLASSES = 3;

function picture(batch: number, size: number): tf.Tensor4D {
  return tf.randomUniform([batch, size, size, 3], -1, 1, 'float32', 5);
}

/** Coefficients c of a loss Σ c·head that is linear in the heads, so that c is its gradient. */
function coefficients(heads: Heads): Heads {
  const [armLoc, armConf, odmLoc, odmConf] = [
    heads.armLoc,
    heads.armConf,
    heads.odmLoc,
    heads.odmConf,
  ].map((head, i) => tf.randomUniform<tf.Rank.R3>(head.shape, -1, 1, 'float32', i + 1));
  return { armLoc, armConf, odmLoc, odmConf };
}

function disposeAll(
  ...values: (Heads | ReadonlyMap<string, tf.Tensor> | tf.NamedTensorMap)[]
): void {
  for (const value of values) {
    tf.dispose(value instanceof Map ? [...value.values()] : Object.values(value));
  }
}

/** Gradients of the linear loss by the explicit reverse pass, downloaded. */
function recorded(network: TrainableNetwork, input: tf.Tensor4D, options?: ForwardOptions) {
  const recording = network.record(input, options);
  const c = coefficients(recording.heads);
  const gradients = recording.gradients(c);
  const result = new Map([...gradients].map(([name, tensor]) => [name, tensor.dataSync()]));
  disposeAll(recording.heads, c, gradients);
  return result;
}

/** The same by `tf.variableGrads`, by tensor name. */
function byVariableGrads(network: TrainableNetwork, input: tf.Tensor4D, options?: ForwardOptions) {
  const { grads, value } = tf.variableGrads(() => {
    const heads = network.forward(input, options);
    const c = coefficients(heads);
    const parts = (Object.keys(heads) as (keyof Heads)[]).map((head) =>
      tf.sum(tf.mul(heads[head], c[head])),
    );
    return tf.addN(parts) as tf.Scalar;
  });
  const names = new Map([...network.variables].map(([name, variable]) => [variable.name, name]));
  const result = new Map(
    Object.entries(grads).map(([name, tensor]) => [names.get(name)!, tensor.dataSync()]),
  );
  disposeAll(grads, { value });
  return result;
}

type Arrays = ReadonlyMap<string, ArrayLike<number>>;

/** Compares by the norm of the difference: single elements may sit at a kink of a rectifier. */
function expectClose(actual: Arrays, expected: Arrays, tolerance: number) {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, values] of expected) {
    let difference = 0;
    let norm = 0;
    for (let i = 0; i < values.length; i++) {
      difference += (values[i] - actual.get(name)![i]) ** 2;
      norm += values[i] ** 2;
    }
    expect(norm, name).toBeGreaterThan(0);
    expect(Math.sqrt(difference / norm), name).toBeLessThan(tolerance);
  }
}

const upperBackbone = (layer: string) => /^(stem|block[0-5])(\.|$)/.test(layer);

describe('TrainableNetwork, light preset', () => {
  const graph = presetGraph('refinedet320-mobilenet', CLASSES);
  const weights = randomWeights(graph, 1);

  it('gives the heads of the network that detects', () => {
    const input = picture(2, 64);
    const network = new TrainableNetwork(graph, weights);
    const detecting = new Network(graph, weights);
    const expected = joinHeads(detecting.forward(input), graph.numClasses);
    const { heads, dispose } = network.record(input);
    const forward = network.forward(input);
    for (const head of Object.keys(expected) as (keyof Heads)[]) {
      expect(heads[head].dataSync()).toEqual(expected[head].dataSync());
      expect(forward[head].dataSync()).toEqual(expected[head].dataSync());
    }
    dispose();
    network.dispose();
    detecting.dispose();
    disposeAll(expected, heads, forward, { input });
  });

  it('has one gradient, recorded or by tf.variableGrads, with kernels or composed', async () => {
    const input = picture(2, 64);
    const network = new TrainableNetwork(graph, weights);
    const kernels = recorded(network, input);
    expect([...kernels.keys()].sort()).toEqual([...parameterShapes(graph).keys()].sort());
    expectClose(byVariableGrads(network, input), kernels, 1e-6);
    await withoutLayerKernels(() => {
      const composing = new TrainableNetwork(graph, weights);
      const composed = recorded(composing, input);
      expectClose(composed, kernels, 1e-3);
      expectClose(byVariableGrads(composing, input), composed, 1e-5);
      composing.dispose();
    });
    network.dispose();
    input.dispose();
  });

  it('gives frozen layers no gradient and the others the same', () => {
    const input = picture(1, 64);
    const network = new TrainableNetwork(graph, weights);
    const all = recorded(network, input);
    const frozen = (layer: string) => upperBackbone(layer) || layer === 'block9.project';
    const some = recorded(network, input, { frozen });
    const expected = new Map([...all].filter(([name]) => !frozen(name.replace(/\.\w+$/, ''))));
    expect(some.size).toBeLessThan(all.size);
    expectClose(some, expected, 1e-6);
    expectClose(byVariableGrads(network, input, { frozen }), expected, 1e-6);
    network.dispose();
    input.dispose();
  });

  it('sees what is assigned to frozen variables, and what was written while they were trained', () => {
    const input = picture(1, 64);
    const network = new TrainableNetwork(graph, weights);
    const outputs = (options: ForwardOptions) => {
      const { heads, dispose } = network.record(input, options);
      const values = heads.armLoc.dataSync();
      disposeAll(heads);
      dispose();
      return values;
    };
    const frozen = () => true;
    const before = outputs({ frozen });
    const stem = network.variables.get('stem.weight')!;
    stem.assign(tf.mul(stem, 1.5));
    const assigned = outputs({ frozen });
    expect(assigned).not.toEqual(before);
    expect(assigned).toEqual(outputs({}));
    const backend = tf.backend() as unknown as { getMemoryOffset(id: object): number };
    new Float32Array(backendMemory(), backend.getMemoryOffset(stem.dataId), stem.size).fill(0.01);
    const written = outputs({});
    expect(written).not.toEqual(assigned);
    expect(outputs({ frozen })).toEqual(written);
    network.dispose();
    input.dispose();
  });

  it('keeps the number of tensors and the heap constant over steps', () => {
    const input = picture(2, 64);
    const start = tf.memory().numTensors;
    const network = new TrainableNetwork(graph, weights);
    const options = { frozen: upperBackbone };
    const step = () => {
      const recording = network.record(input, options);
      const c = coefficients(recording.heads);
      disposeAll(recording.heads, recording.gradients(c), c);
    };
    const grads = () => byVariableGrads(network, input, options);
    step();
    grads();
    const { numTensors, numDataBuffers } = tf.memory();
    const bytes = heapBytes();
    for (let i = 0; i < 12; i++) step();
    for (let i = 0; i < 4; i++) grads();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    expect(heapBytes()).toBe(bytes);
    network.dispose();
    expect(tf.memory().numTensors).toBe(start);
    input.dispose();
  });

  it('gives its weights back', async () => {
    const network = new TrainableNetwork(graph, weights);
    const copy = await network.weights();
    expect([...copy.keys()]).toEqual([...weights.keys()]);
    for (const [name, { shape, data }] of weights) {
      expect(copy.get(name)!.shape).toEqual(shape);
      expect(Buffer.compare(bytesOf(copy.get(name)!.data), bytesOf(data))).toBe(0);
    }
    network.dispose();
  });

  it('names a tensor that is missing or of another shape', () => {
    const missing = new Map(weights);
    missing.delete('lateral4.reduce.bias');
    const code = 'WEIGHTS_MISMATCH';
    expect(() => new TrainableNetwork(graph, missing)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('"lateral4.reduce.bias"') }),
    );
    const other = new Map(weights).set('stem.bias', { shape: [1], data: new Float32Array(1) });
    expect(() => new TrainableNetwork(graph, other)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('[1], expected [32]') }),
    );
  });
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

function backendMemory(): ArrayBuffer {
  return (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8
    .buffer as ArrayBuffer;
}

/** Too many parameters for all gradients: a few layers are trained, from the first to the last. */
const LARGE = [
  ['refinedet320-vgg16', ['conv1_1', 'conv4_3_norm', 'fc6', 'conv6_2', 'tcb5.up', 'odm3.conf']],
  [
    'refinedet320-resnet101',
    ['conv1', 'res3a.branch1', 'res6.branch2b', 'tcb4.up', 'odm6.inter.branch2a'],
  ],
] as const;

describe.each(LARGE)('TrainableNetwork, %s', (preset, trained) => {
  it('has one gradient with kernels or composed', async () => {
    const graph = presetGraph(preset, CLASSES);
    const weights = randomWeights(graph, 1);
    const input = picture(1, 64);
    const options = { frozen: (layer: string) => !(trained as readonly string[]).includes(layer) };
    const run = () => {
      const network = new TrainableNetwork(graph, weights);
      const gradients = recorded(network, input, options);
      network.dispose();
      return gradients;
    };
    const kernels = run();
    expect(kernels.size).toBeGreaterThanOrEqual(trained.length);
    expectClose(await withoutLayerKernels(run), kernels, 1e-3);
    input.dispose();
  });
});

describe('batch normalisation in a network', () => {
  const graph = normalised();
  const weights = randomWeights(graph, 3);
  const input = () => picture(3, 64);

  it('by running statistics equals the folded network', () => {
    const x = input();
    const folded = foldBatchNorm(graph, weights);
    const network = new TrainableNetwork(graph, weights);
    const expected = new TrainableNetwork(folded.graph, folded.weights);
    const [a, b] = [network, expected].map((each) => each.record(x));
    const difference = tf.max(tf.abs(tf.sub(a.heads.odmConf, b.heads.odmConf))).dataSync()[0];
    expect(difference).toBeLessThan(1e-4);
    for (const { heads, dispose } of [a, b]) {
      disposeAll(heads);
      dispose();
    }
    network.dispose();
    expected.dispose();
    x.dispose();
  });

  it('moves the running statistics towards those of the batch, unless frozen', async () => {
    const x = input();
    const network = new TrainableNetwork(graph, weights);
    const batchStatistics = () => true;
    recorded(network, x, { batchStatistics, frozen: () => true });
    expect(await network.weights()).toEqual(weights);
    const gradients = recorded(network, x, { batchStatistics });
    expect([...gradients.keys()].filter((name) => /mean|variance/.test(name))).toEqual([]);
    const after = await network.weights();
    const { mean, variance } = tf.moments(
      tf.conv2d(x, tf.tensor4d(weights.get('a.weight')!.data, [3, 3, 3, 6]), 2, 'same'),
      [0, 1, 2],
    );
    const count = 3 * 32 * 32;
    const expected = [mean.dataSync(), variance.dataSync().map((v) => (v * count) / (count - 1))];
    ['a.mean', 'a.variance'].forEach((name, i) => {
      const old = weights.get(name)!.data;
      after.get(name)!.data.forEach((value, c) => {
        expect(value).toBeCloseTo(0.9 * old[c] + 0.1 * expected[i][c], 5);
      });
    });
    network.dispose();
    x.dispose();
  });
});

/** A convolution with batch normalisation, and heads on it. */
function normalised(): Graph {
  const conv = { op: 'conv', kernel: 3, dilation: 1, padding: 'same' } as const;
  const heads = ['armLoc', 'armConf', 'odmLoc', 'odmConf'].map((name, i) => ({
    ...conv,
    name,
    input: 'a',
    filters: [4, 2, 4, CLASSES + 1][i],
    stride: 1,
  }));
  return {
    layers: [
      { op: 'input', name: 'input' },
      {
        ...conv,
        name: 'a',
        input: 'input',
        filters: 6,
        stride: 2,
        batchNorm: true,
        activation: 'relu',
      },
      ...heads,
    ],
    heads: { armLoc: ['armLoc'], armConf: ['armConf'], odmLoc: ['odmLoc'], odmConf: ['odmConf'] },
    anchorsPerCell: 1,
    numClasses: CLASSES + 1,
  };
}
