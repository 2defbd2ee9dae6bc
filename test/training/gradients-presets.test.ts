import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { foldBatchNorm } from '../../src/model/fold.ts';
import type { Graph } from '../../src/model/graph.ts';
import { joinHeads, Network } from '../../src/model/network.ts';
import { presetGraph } from '../../src/model/presets.ts';
import { TrainableNetwork } from '../../src/training/gradients/trainable-network.ts';
import { trainingRuntime } from '../../src/training/training-runtime.ts';
import { withoutLayerKernels } from '../../support/models/layer-kernels.ts';
import {
  CLASSES,
  disposeAll,
  expectClose,
  image,
  recorded,
} from '../../support/models/network-gradients.ts';
import { randomWeights } from '../../support/models/random-weights.ts';

beforeAll(() => trainingRuntime(1));

/** Too many parameters for all gradients: trains a few layers, from the first to the last. */
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
    const input = image(1, 64);
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

describe('batch normalization in a network', () => {
  const graph = normalized();
  const weights = randomWeights(graph, 3);
  const input = () => image(3, 64);

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

  it('moves the running statistics toward those of the batch, unless frozen', async () => {
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

describe('batch normalization in new layers on a frozen backbone', () => {
  const graph = normalized('b');
  const weights = randomWeights(graph, 3);

  it('learns, does not change the backbone’s, and is folded for detection', async () => {
    const x = image(3, 64);
    const network = new TrainableNetwork(graph, weights);
    const options = {
      frozen: (layer: string) => layer === 'a',
      batchStatistics: (layer: string) => layer === 'b',
    };
    for (let step = 0; step < 5; step++) {
      for (const [name, gradient] of recorded(network, x, options)) {
        const variable = network.variables.get(name)!;
        const move = tf.tensor(gradient, variable.shape);
        variable.assign(tf.tidy(() => tf.sub(variable, tf.mul(move, 1e-4))));
        move.dispose();
      }
    }
    const trained = await network.weights();
    for (const [name, { data }] of weights) {
      const moved = data.some((value, i) => value !== trained.get(name)!.data[i]);
      expect(moved, name).toBe(!name.startsWith('a.'));
    }
    const folded = foldBatchNorm(graph, trained);
    expect([...folded.weights.keys()].filter((name) => name.startsWith('b.'))).toEqual([
      'b.weight',
      'b.bias',
    ]);
    const { heads, dispose } = network.record(x);
    for (const detecting of [
      new Network(graph, trained),
      new Network(folded.graph, folded.weights),
    ]) {
      const found = joinHeads(detecting.forward(x), graph.numClasses);
      const difference = tf.max(tf.abs(tf.sub(found.odmConf, heads.odmConf))).dataSync()[0];
      expect(difference).toBeLessThan(1e-4);
      disposeAll(found);
      detecting.dispose();
    }
    disposeAll(heads);
    dispose();
    network.dispose();
    x.dispose();
  });
});

/**
 * A convolution `a` with batch normalization, and heads on it.
 * @param added name of another such convolution between the two
 */
function normalized(added?: string): Graph {
  const conv = { op: 'conv', kernel: 3, dilation: 1, padding: 'same' } as const;
  const heads = ['armLoc', 'armConf', 'odmLoc', 'odmConf'].map((name, i) => ({
    ...conv,
    name,
    input: added ?? 'a',
    filters: [4, 2, 4, CLASSES + 1][i],
    stride: 1,
  }));
  const block = { ...conv, filters: 6, batchNorm: true, activation: 'relu' } as const;
  return {
    layers: [
      { op: 'input', name: 'input' },
      { ...block, name: 'a', input: 'input', stride: 2 },
      ...(added ? [{ ...block, name: added, input: 'a', stride: 1 }] : []),
      ...heads,
    ],
    heads: { armLoc: ['armLoc'], armConf: ['armConf'], odmLoc: ['odmLoc'], odmConf: ['odmConf'] },
    anchorsPerCell: 1,
    numClasses: CLASSES + 1,
  };
}
