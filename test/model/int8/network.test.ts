import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmRuntime } from '../../../src/backend/wasm.ts';
import { loadModel } from '../../../src/detection/load-model.ts';
import type { HeadName } from '../../../src/heads.ts';
import { planInt8, type Quantization, supportsInt8 } from '../../../src/model/int8/quantization.ts';
import type { Model } from '../../../src/model/model.ts';
import { disposeHeads, Network } from '../../../src/model/network.ts';
import { presetGraph } from '../../../src/model/presets.ts';
import { deriveRandom } from '../../../src/random.ts';
import { fixedQuantization } from '../../../support/models/fixed-quantization.ts';
import { randomModel } from '../../../support/models/random-model.ts';
import { runInt8 } from '../../../support/reference/reference-int8-network.ts';

const SIZE = 64;

function inputOf(batch: number) {
  const random = deriveRandom(5);
  const data = Float32Array.from({ length: batch * SIZE * SIZE * 3 }, () => random.between(-1, 1));
  return { shape: [batch, SIZE, SIZE, 3] as [number, number, number, number], data };
}

/** Heads of the network by name. */
function run({ graph, weights }: Model, quantization: Quantization | undefined, batch = 1) {
  const network = new Network(graph, weights, quantization);
  const { shape, data } = inputOf(batch);
  const input = tf.tensor4d(data, shape);
  const levels = network.forward(input);
  const heads = (Object.keys(graph.heads) as HeadName[]).flatMap((head) =>
    graph.heads[head].map(
      (name, i) => [name, levels[i][head].dataSync<'float32'>().slice()] as const,
    ),
  );
  disposeHeads(levels);
  input.dispose();
  network.dispose();
  return new Map(heads);
}

beforeAll(() => wasmRuntime(2));

describe('a network in 8 bits', () => {
  it.each([1, 2])('returns the bits of the reference: batch of %i', (batch) => {
    const model = randomModel(SIZE);
    const quantization = fixedQuantization(model);
    const expected = runInt8(model, quantization, inputOf(batch));
    for (const [name, values] of run(model, quantization, batch)) {
      expect(values, name).toEqual(expected.get(name)!.data);
    }
  });

  it('returns the bits of a fixed hash, on two threads', async () => {
    const model = await loadModel(undefined);
    const hash = createHash('sha256');
    for (const values of run(model, fixedQuantization(model)).values()) hash.update(values);
    expect(hash.digest('hex')).toBe(
      '1e1c2e20c8d43c13d34c85f8505ed1be61093154c17c0977c2ad79b9d2d2b525',
    );
  });

  it('is close to the network in floats', async () => {
    const model = await loadModel(undefined);
    const floats = run(model, undefined);
    for (const [name, values] of run(model, fixedQuantization(model))) {
      const exact = floats.get(name)!;
      const length = (of: (i: number) => number) =>
        Math.sqrt(exact.reduce((sum, _, i) => sum + of(i) ** 2, 0));
      const error = length((i) => values[i] - exact[i]) / length((i) => exact[i]);
      expect(error, name).toBeLessThan(0.5);
      expect(error, name).toBeGreaterThan(0);
    }
  });

  it('adds the corrections to the biases', () => {
    const model = randomModel(SIZE);
    const quantization = fixedQuantization(model);
    const plain = run(model, { ...quantization, corrections: new Map() });
    expect(run(model, quantization).get('arm5.conf')).not.toEqual(plain.get('arm5.conf'));
  });

  it('frees all its memory', () => {
    const model = randomModel(SIZE);
    run(model, fixedQuantization(model));
    const before = tf.memory().numTensors;
    run(model, fixedQuantization(model));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('fails without the scales of a map', () => {
    const model = randomModel(SIZE);
    const { scales, corrections } = fixedQuantization(model);
    const fewer = new Map([...scales].filter(([name]) => name !== 'block4'));
    const bind = () => new Network(model.graph, model.weights, { scales: fewer, corrections });
    expect(bind).toThrow(expect.objectContaining({ code: 'MODEL_METADATA' }));
    expect(bind).toThrow('"block4"');
  });

  it('does not exist for networks with other layers than light ones have', () => {
    expect(supportsInt8(randomModel(SIZE).graph)).toBe(true);
    const dense = presetGraph('refinedet320-vgg16', 2);
    expect(supportsInt8(dense)).toBe(false);
    expect(() => planInt8(dense)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => planInt8(dense)).toThrow('"pool1" (maxpool)');
  });
});
