import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmRuntime } from '../../src/backend/wasm.ts';
import type { HeadMap } from '../../src/heads.ts';
import type { Graph, Layer, Weights } from '../../src/model/graph.ts';
import { joinHeads, Network } from '../../src/model/network.ts';
import { presetGraph } from '../../src/model/presets.ts';
import { randomWeights } from '../../support/models/random-weights.ts';

beforeAll(() => wasmRuntime(1));

/** A graph that ends in the layer under test, whose output is read through the class head. */
function single(layer: Layer, channels: number): Graph {
  const head = (name: string): Layer => ({
    op: 'conv',
    name,
    input: layer.name,
    filters: channels,
    kernel: 1,
    stride: 1,
    dilation: 1,
    padding: 0,
  });
  const heads = { armLoc: ['a'], armConf: ['b'], odmLoc: ['c'], odmConf: ['d'] };
  const layers: Layer[] = [
    { op: 'input', name: 'input' },
    layer,
    ...['a', 'b', 'c', 'd'].map(head),
  ];
  return { layers, heads, anchorsPerCell: 1, numClasses: channels };
}

/** Runs `single` with heads that are the identity. */
function runSingle(layer: Layer, channels: number, input: tf.Tensor4D, own: Weights): Float32Array {
  const eye = new Float32Array(channels * channels);
  for (let i = 0; i < channels; i++) eye[i * channels + i] = 1;
  const weights: Weights = new Map(own);
  for (const name of ['a', 'b', 'c', 'd']) {
    weights.set(`${name}.weight`, { shape: [1, 1, channels, channels], data: eye });
    weights.set(`${name}.bias`, { shape: [channels], data: new Float32Array(channels) });
  }
  const network = new Network(single(layer, channels), weights);
  const [{ odmConf }] = network.forward(input);
  const values = odmConf.dataSync() as Float32Array;
  network.dispose();
  return values;
}

function closeTo(actual: Float32Array, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance);
  }
}

describe('layers', () => {
  it('deconvolve 2×2 with stride 2 as the definition does', () => {
    const channels = 4;
    const input = tf.randomUniform<tf.Rank.R4>([1, 3, 2, channels], -1, 1, 'float32', 1);
    const weight = tf.randomUniform([2, 2, channels, channels], -1, 1, 'float32', 2).dataSync();
    const bias = Float32Array.of(0.5, -1, 2, 0);
    const own: Weights = new Map([
      ['up.weight', { shape: [2, 2, channels, channels], data: weight as Float32Array }],
      ['up.bias', { shape: [channels], data: bias }],
    ]);
    const x = input.dataSync();
    const expected = new Float32Array(6 * 4 * channels);
    for (let y = 0; y < 6; y++) {
      for (let column = 0; column < 4; column++) {
        for (let o = 0; o < channels; o++) {
          let sum = bias[o];
          for (let i = 0; i < channels; i++) {
            const tap = (((y % 2) * 2 + (column % 2)) * channels + i) * channels + o;
            sum += x[((y >> 1) * 2 + (column >> 1)) * channels + i] * weight[tap];
          }
          expected[(y * 4 + column) * channels + o] = sum;
        }
      }
    }
    closeTo(
      runSingle(
        { op: 'deconv', name: 'up', input: 'input', filters: channels },
        channels,
        input,
        own,
      ),
      expected,
    );
  });

  it('pool with windows that overhang the bottom and right edge in ceil mode', () => {
    const input = tf.tensor4d(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((v) => [v, -v, v, v]),
      [1, 3, 3, 4],
    );
    const layer: Layer = {
      op: 'maxpool',
      name: 'p',
      input: 'input',
      size: 2,
      stride: 2,
      padding: 0,
      ceil: true,
    };
    const values = runSingle(layer, 4, input, new Map());
    expect([0, 4, 8, 12].map((i) => values[i])).toEqual([5, 6, 8, 9]);
    expect([1, 5, 9, 13].map((i) => values[i])).toEqual([-1, -3, -7, -9]);
  });

  it('normalize across channels to the learned scale', () => {
    const input = tf.tensor4d([3, 4, 0, 0, 0, 0, 0, 0], [1, 1, 2, 4]);
    const own: Weights = new Map([
      ['n.weight', { shape: [4], data: Float32Array.of(10, 20, 1, 1) }],
    ]);
    const values = runSingle({ op: 'l2norm', name: 'n', input: 'input', scale: 10 }, 4, input, own);
    closeTo(values, [6, 16, 0, 0, 0, 0, 0, 0]);
  });
});

describe('a whole network', () => {
  const graph = presetGraph('refinedet320-mobilenet', 3);
  const weights = randomWeights(graph, 7);
  const read = (heads: HeadMap<tf.Tensor3D>) =>
    Object.values(heads).map((head) => head.dataSync() as Float32Array);

  it('gives each image of a batch the outputs that it has alone', () => {
    const network = new Network(graph, weights);
    const batch = tf.randomUniform<tf.Rank.R4>([2, 64, 128, 3], -1, 1, 'float32', 3);
    const together = read(joinHeads(network.forward(batch), 4));
    for (const index of [0, 1]) {
      const alone = read(
        joinHeads(network.forward(tf.slice(batch, [index, 0, 0, 0], [1, 64, 128, 3])), 4),
      );
      alone.forEach((head, i) => {
        closeTo(together[i].subarray(index * head.length, (index + 1) * head.length), head);
      });
    }
    network.dispose();
  });

  it('returns one row per anchor and keeps no tensors except the heads', () => {
    const network = new Network(graph, weights);
    const input = tf.zeros<tf.Rank.R4>([1, 64, 128, 3]);
    const before = tf.memory().numTensors;
    const heads = joinHeads(network.forward(input), 4);
    expect(heads.odmConf.shape).toEqual([1, 3 * (8 * 16 + 4 * 8 + 2 * 4 + 1 * 2), 4]);
    expect(tf.memory().numTensors).toBe(before + 4);
    tf.dispose(Object.values(heads));
    network.dispose();
  });

  it('names a tensor that is missing', () => {
    const partial = new Map(weights);
    partial.delete('arm4.loc.bias');
    expect(() => new Network(graph, partial)).toThrow(/"arm4\.loc\.bias" is missing/);
  });
});
