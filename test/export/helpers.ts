/** Runs an exported file in ONNX Runtime, and the same model here. */
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect } from 'vitest';
import { byHead, HEAD_NAMES, type HeadMap } from '../../src/heads.ts';
import { foldBatchNorm } from '../../src/model/fold.ts';
import type { Model } from '../../src/model/model.ts';
import { joinHeads, Network } from '../../src/model/network.ts';
import { deriveRandom } from '../../src/random.ts';

type HeadTable = { shape: readonly number[]; data: Float32Array };
type Tables = HeadMap<HeadTable>;

/** Pixels [batch, height, width, 3] in [-1, 1]. */
export function randomInput(batch: number, height: number, width: number): HeadTable {
  const random = deriveRandom(9);
  const shape = [batch, height, width, 3];
  return {
    shape,
    data: Float32Array.from({ length: batch * height * width * 3 }, () => 2 * random.uniform() - 1),
  };
}

export async function openSession(file: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
}

export async function runSession(
  session: InferenceSession,
  { shape, data }: HeadTable,
): Promise<Tables> {
  const heads = await session.run({ image: new Tensor('float32', data, shape) });
  return byHead((name) => ({
    shape: heads[name].dims,
    data: heads[name].data as Float32Array,
  }));
}

/** Computes the heads with our own runtime; wasm must be the current backend. */
export function runHere(model: Model, { shape, data }: HeadTable): Tables {
  const { graph, weights } = foldBatchNorm(model.graph, model.weights);
  const network = new Network(graph, weights);
  const input = tf.tensor4d(data, shape as [number, number, number, number]);
  const heads = joinHeads(network.forward(input), graph.numClasses);
  const found = byHead((name) => ({
    shape: heads[name].shape,
    data: heads[name].dataSync() as Float32Array,
  }));
  tf.dispose([input, ...Object.values(heads)]);
  network.dispose();
  return found;
}

/** @param tolerance of the difference, as a share of the largest magnitude */
export function expectSameHeads(actual: Tables, expected: Tables, tolerance = 1e-4): void {
  for (const name of HEAD_NAMES) {
    const { shape, data } = expected[name];
    expect(actual[name].shape, name).toEqual(shape);
    expect(relativeDifference(actual[name].data, data), name).toBeLessThan(tolerance);
  }
}

/** Largest difference over largest magnitude. */
export function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let magnitude = 0;
  expected.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(actual[i] - value));
    magnitude = Math.max(magnitude, Math.abs(value));
  });
  expect(magnitude).toBeGreaterThan(0);
  return difference / magnitude;
}
