/** Gradients of activations, biases and additions. */
import * as tf from '@tensorflow/tfjs-core';
import { hasGradientKernels, runGradientKernel } from '../../kernels/training/index.ts';
import { activationLimits } from '../../model/bind-kernels.ts';
import type { Activation } from '../../model/graph.ts';
import type { PlanStep } from '../../model/plan.ts';
import type { Call, Gradients } from './call.ts';

/** Gradient before an activation, and its sum over all positions: the gradient of a bias. */
export interface Rectified {
  gradient: tf.Tensor4D;
  bias(): tf.Tensor1D;
}

/**
 * Computes the gradient before an activation, whose derivative follows from its output: 1 strictly
 * between the limits, else 0. Call inside `tf.tidy`.
 */
export function rectify(
  dy: tf.Tensor4D,
  y: tf.Tensor4D,
  activation: Activation | undefined,
): Rectified {
  if (activation === undefined) return { gradient: dy, bias: () => sumPositions(dy) };
  const { high } = activationLimits(activation);
  if (hasGradientKernels()) {
    const [gradient, sums] = runGradientKernel('rectifierGradient', { dy, y }, { high });
    return { gradient, bias: () => sums };
  }
  const passes =
    high === Number.POSITIVE_INFINITY
      ? tf.greater(y, 0)
      : tf.logicalAnd(tf.greater(y, 0), tf.less(y, high));
  const gradient = tf.mul<tf.Tensor4D>(dy, tf.cast(passes, 'float32'));
  return { gradient, bias: () => sumPositions(gradient) };
}

/** Sums over all positions: [B, h, w, C] → [C]. */
export function sumPositions(x: tf.Tensor4D): tf.Tensor1D {
  if (hasGradientKernels()) return runGradientKernel('sumRows', { x }, {});
  // A product with ones: GPU backends make a transposed copy to sum along other axes than the last.
  const channels = x.shape[3];
  return tf.tidy(() => {
    const rows = tf.reshape<tf.Rank.R2>(x, [-1, channels]);
    return tf.reshape<tf.Rank.R1>(tf.matMul(tf.fill([1, rows.shape[0]], 1), rows), [channels]);
  });
}

/** Passes a gradient on unchanged, added to `sum` if there is one; always a new tensor. */
export function passOn(gradient: tf.Tensor4D, sum: tf.Tensor4D | undefined): tf.Tensor4D {
  return sum ? tf.add(gradient, sum) : tf.clone(gradient);
}

export function addGradients(call: Call<PlanStep<'add'>>): Gradients {
  const { gradient } = rectify(call.gradient, call.output, call.step.activation);
  const maps = call.wanted.maps.map((wanted, i) =>
    wanted ? passOn(gradient, call.sums[i]) : undefined,
  );
  return { maps, tensors: [] };
}
