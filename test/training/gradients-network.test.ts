import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HeadName } from '../../src/heads.ts';
import { parameterShapes } from '../../src/model/graph.ts';
import { joinHeads, Network } from '../../src/model/network.ts';
import { presetGraph } from '../../src/model/presets.ts';
import type { ForwardOptions } from '../../src/training/gradients/gradient-plan.ts';
import { TrainableNetwork } from '../../src/training/gradients/trainable-network.ts';
import { trainingRuntime } from '../../src/training/training-runtime.ts';
import { withoutLayerKernels } from '../../support/models/layer-kernels.ts';
import {
  byVariableGrads,
  CLASSES,
  coefficients,
  disposeAll,
  expectClose,
  image,
  recorded,
} from '../../support/models/network-gradients.ts';
import { randomWeights } from '../../support/models/random-weights.ts';

let heapBytes: () => number;

beforeAll(async () => {
  const { heap } = await trainingRuntime(1);
  heapBytes = () => heap.memory.buffer.byteLength;
});

const upperBackbone = (layer: string) => /^(stem|block[0-5])(\.|$)/.test(layer);

describe('TrainableNetwork, light preset', () => {
  const graph = presetGraph('refinedet320-mobilenet', CLASSES);
  const weights = randomWeights(graph, 1);

  it('computes the same heads as the network that detects', () => {
    const input = image(2, 64);
    const network = new TrainableNetwork(graph, weights);
    const detecting = new Network(graph, weights);
    const expected = joinHeads(detecting.forward(input), graph.numClasses);
    const { heads, dispose } = network.record(input);
    const forward = network.forward(input);
    for (const head of Object.keys(expected) as HeadName[]) {
      expect(heads[head].dataSync()).toEqual(expected[head].dataSync());
      expect(forward[head].dataSync()).toEqual(expected[head].dataSync());
    }
    dispose();
    network.dispose();
    detecting.dispose();
    disposeAll(expected, heads, forward, { input });
  });

  it('has one gradient, recorded or by tf.variableGrads, with kernels or composed', async () => {
    const input = image(2, 64);
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
    const input = image(1, 64);
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

  it('uses values assigned to frozen variables, and values written while they were trained', () => {
    const input = image(1, 64);
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

  it('keeps the number of tensors and the heap constant over many steps', () => {
    const input = image(2, 64);
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

  it('returns its weights', async () => {
    const network = new TrainableNetwork(graph, weights);
    const copy = await network.weights();
    expect([...copy.keys()]).toEqual([...weights.keys()]);
    for (const [name, { shape, data }] of weights) {
      expect(copy.get(name)!.shape).toEqual(shape);
      expect(Buffer.compare(bytesOf(copy.get(name)!.data), bytesOf(data))).toBe(0);
    }
    network.dispose();
  });

  it('reports a tensor that is missing or has another shape', () => {
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
