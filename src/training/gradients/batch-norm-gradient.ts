/**
 * Batch normalization in training: with the running statistics, which are constant, or with those
 * of the batch, which the gradient flows through and which update the running ones.
 */
import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../../model/bind-tfjs.ts';
import { type BoundStep, stateless } from '../../model/binders.ts';
import { BATCH_NORM_EPSILON } from '../../model/fold.ts';
import { passOn, rectify, sumPositions } from './activation-gradient.ts';
import type { Call, Gradients } from './call.ts';
import type { BatchNormStep } from './gradient-plan.ts';

/** Each is [C]. */
type Tensors = readonly [gamma: tf.Tensor, beta: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor];

/** Share of the old running statistics that stays after a batch (PyTorch's momentum 0.1). */
const MOMENTUM = 0.9;
const POSITIONS = [0, 1, 2];

export function bindBatchNorm(
  { activation, batchStatistics }: BatchNormStep,
  tensors: readonly tf.Tensor[],
): BoundStep {
  const [gamma, beta, mean, variance] = tensors as Tensors;
  return stateless(
    ([x]) =>
      tf.tidy(() => {
        const used = batchStatistics ? tf.moments(x, POSITIONS) : { mean, variance };
        if (batchStatistics) updateRunning([mean, variance], used, x.size / x.shape[3]);
        const scale = tf.mul(gamma, tf.rsqrt(tf.add(used.variance, BATCH_NORM_EPSILON)));
        const shift = tf.sub(beta, tf.mul(used.mean, scale));
        return activate(tf.add(tf.mul(x, scale), shift), activation);
      }),
    tensors,
  );
}

/** Moves the running statistics toward those of a batch of `count` values; the variance is unbiased. */
function updateRunning(
  running: readonly [mean: tf.Tensor, variance: tf.Tensor],
  { mean, variance }: { mean: tf.Tensor; variance: tf.Tensor },
  count: number,
): void {
  const unbiased = tf.mul(variance, count / Math.max(count - 1, 1));
  [mean, unbiased].forEach((value, i) => {
    const moved = tf.add(tf.mul(running[i], MOMENTUM), tf.mul(value, 1 - MOMENTUM));
    (running[i] as tf.Variable).assign(moved);
  });
}

/** Gradients of the input, gamma and beta. */
export function batchNormGradients(call: Call<BatchNormStep>): Gradients {
  const { activation, batchStatistics } = call.step;
  const [x] = call.maps;
  const [gamma, , mean, variance] = call.tensors as unknown as Tensors;
  const rectified = rectify(call.gradient, call.output, activation);
  const dy = rectified.gradient;
  const used = batchStatistics ? tf.moments(x, POSITIONS) : { mean, variance };
  const inverse = tf.rsqrt(tf.add(used.variance, BATCH_NORM_EPSILON));
  const unit = tf.mul<tf.Tensor4D>(tf.sub(x, used.mean), inverse);
  const dBeta = rectified.bias();
  const dGamma = sumPositions(tf.mul(dy, unit));
  const inputGradient = () => {
    const scale = tf.mul(gamma, inverse);
    if (!batchStatistics) return tf.mul<tf.Tensor4D>(dy, scale);
    // Minus the part that flows back through the mean and the variance.
    const count = x.size / x.shape[3];
    const undone = tf.div(tf.add(dBeta, tf.mul(unit, dGamma)), count);
    return tf.mul<tf.Tensor4D>(tf.sub(dy, undone), scale);
  };
  return {
    maps: [call.wanted.maps[0] ? passOn(inputGradient(), call.sums[0]) : undefined],
    tensors: call.wanted.tensors ? [dGamma, dBeta] : [],
  };
}
