/** Gradients of the 2×2 deconvolution, which equals a 1×1 convolution and a depth-to-space. */
import * as tf from '@tensorflow/tfjs-core';
import { hasGradientKernels, runGradientKernel } from '../../kernels/training/index.ts';
import { deconvSpread, spreadDeconvFilter } from '../../model/bind-deconv.ts';
import { convGeometry } from '../../model/geometry.ts';
import type { PlanStep } from '../../model/plan.ts';
import { rectify } from './activation-gradient.ts';
import type { Call, Gradients } from './call.ts';
import { convFilterGradient, convInputGradient } from './convolution-gradient.ts';

export function deconvGradients(call: Call<PlanStep<'deconv'>>): Gradients {
  const { wanted } = call;
  const [x] = call.maps;
  const [filter, bias] = call.tensors as [tf.Tensor4D, tf.Tensor1D | undefined];
  const geometry = convGeometry(x.shape, deconvSpread(filter));
  const rectified = rectify(call.gradient, call.output, call.step.activation);
  const dy = spaceToDepth(rectified.gradient);
  const dx = wanted.maps[0]
    ? convInputGradient(dy, spreadDeconvFilter(filter), geometry, call.sums[0])
    : undefined;
  if (!wanted.tensors) return { maps: [dx], tensors: [] };
  const dw = gatherDeconvFilter(convFilterGradient(x, dy, geometry));
  return { maps: [dx], tensors: bias ? [dw, rectified.bias()] : [dw] };
}

/** [1, 1, in, 4·out] → [2, 2, in, out] */
function gatherDeconvFilter(spread: tf.Tensor4D): tf.Tensor4D {
  const [, , channels, wide] = spread.shape;
  return tf.transpose(tf.reshape<tf.Rank.R4>(spread, [channels, 2, 2, wide / 4]), [1, 2, 0, 3]);
}

/** [B, 2h, 2w, C] → [B, h, w, 4C], channels ordered (row, column) in the block, then channel. */
function spaceToDepth(x: tf.Tensor4D): tf.Tensor4D {
  if (hasGradientKernels()) return runGradientKernel('spaceToDepth', { x }, {});
  const [batch, height, width, channels] = x.shape;
  return tf.tidy(() => {
    // The two pixels in a row of a block are already neighbors.
    const pairs = tf.reshape(x, [(batch * height) / 2, 2, width / 2, 2 * channels]);
    const blocks = tf.transpose(pairs, [0, 2, 1, 3]);
    return tf.reshape<tf.Rank.R4>(blocks, [batch, height / 2, width / 2, 4 * channels]);
  });
}
