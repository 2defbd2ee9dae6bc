/** Gradients of a whole network under a loss that is linear in its heads. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { HeadMap, HeadName } from '../../src/heads.ts';
import type { ForwardOptions } from '../../src/training/gradients/gradient-plan.ts';
import type { TrainableNetwork } from '../../src/training/gradients/trainable-network.ts';
import '../tfjs-gradients.ts';

export const CLASSES = 3;

export function image(batch: number, size: number): tf.Tensor4D {
  return tf.randomUniform([batch, size, size, 3], -1, 1, 'float32', 5);
}

/** Coefficients c of a loss Σ c·head that is linear in the heads, so that c is its gradient. */
export function coefficients(heads: HeadMap<tf.Tensor3D>): HeadMap<tf.Tensor3D> {
  const [armLoc, armConf, odmLoc, odmConf] = [
    heads.armLoc,
    heads.armConf,
    heads.odmLoc,
    heads.odmConf,
  ].map((head, i) => tf.randomUniform<tf.Rank.R3>(head.shape, -1, 1, 'float32', i + 1));
  return { armLoc, armConf, odmLoc, odmConf };
}

export function disposeAll(
  ...values: (HeadMap<tf.Tensor3D> | ReadonlyMap<string, tf.Tensor> | tf.NamedTensorMap)[]
): void {
  for (const value of values) {
    tf.dispose(value instanceof Map ? [...value.values()] : Object.values(value));
  }
}

/** Gradients of the linear loss from the explicit backward pass, downloaded. */
export function recorded(network: TrainableNetwork, input: tf.Tensor4D, options?: ForwardOptions) {
  const recording = network.record(input, options);
  const c = coefficients(recording.heads);
  const gradients = recording.gradients(c);
  const result = new Map([...gradients].map(([name, tensor]) => [name, tensor.dataSync()]));
  disposeAll(recording.heads, c, gradients);
  return result;
}

/** The same from `tf.variableGrads`, by tensor name. */
export function byVariableGrads(
  network: TrainableNetwork,
  input: tf.Tensor4D,
  options?: ForwardOptions,
) {
  const { grads, value } = tf.variableGrads(() => {
    const heads = network.forward(input, options);
    const c = coefficients(heads);
    const parts = (Object.keys(heads) as HeadName[]).map((head) =>
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

/** Compares by the norm of the difference: single elements may be at a kink of a rectifier. */
export function expectClose(actual: Arrays, expected: Arrays, tolerance: number) {
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
