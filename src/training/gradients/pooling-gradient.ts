/** Gradients of max-pooling and of the L2 normalization across channels. */
import * as tf from '@tensorflow/tfjs-core';
import { channelNorm, poolPadding } from '../../model/bind-tfjs.ts';
import type { PlanStep } from '../../model/plan.ts';
import { passOn, sumPositions } from './activation-gradient.ts';
import type { Call, Gradients } from './call.ts';

/**
 * Each output's gradient goes to the largest input under its window. The inputs must not be negative,
 * as after a ReLU: tfjs' wasm kernel reads zeros beyond the edge, and drops the gradient of a window
 * without a larger value.
 */
export function maxPoolGradients({
  step: { layer },
  maps,
  output,
  gradient,
  wanted,
  sums,
}: Call<PlanStep<'maxpool'>>): Gradients {
  const [input] = maps;
  if (!wanted.maps[0]) return { maps: [undefined], tensors: [] };
  const dx = tf.engine().runKernel(
    tf.MaxPoolGrad,
    { dy: gradient, input, output },
    {
      filterSize: layer.size,
      strides: layer.stride,
      pad: poolPadding(input.shape, layer),
    },
  ) as tf.Tensor4D;
  return { maps: [passOn(dx, sums[0])], tensors: [] };
}

/** With n = x / |x| and y = n · scale: dx = (g - n · Σ g·n) / |x| where g = dy · scale. */
export function l2NormGradients({
  maps,
  tensors,
  gradient,
  wanted,
  sums,
}: Call<PlanStep<'l2norm'>>): Gradients {
  const [x] = maps;
  const [scale] = tensors;
  const norm = channelNorm(x);
  const unit = tf.div<tf.Tensor4D>(x, norm);
  const inputGradient = () => {
    const g = tf.mul(gradient, scale);
    const along = tf.sum(tf.mul(g, unit), -1, true);
    return tf.div<tf.Tensor4D>(tf.sub(g, tf.mul(unit, along)), norm);
  };
  return {
    maps: [wanted.maps[0] ? passOn(inputGradient(), sums[0]) : undefined],
    tensors: wanted.tensors ? [sumPositions(tf.mul(gradient, unit))] : [],
  };
}
