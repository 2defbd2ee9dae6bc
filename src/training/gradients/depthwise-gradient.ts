/**
 * Gradients of depthwise convolutions. Without the layer kernels they are composed of depthwise
 * convolutions:
 * - input: of the output gradient with the rotated filter;
 * - filter: of the input with the output gradient as the filter, the channels of all images side by side.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DepthwiseGeometry } from '../../kernels/layers/layer-geometry.ts';
import { hasGradientKernels, runGradientKernel } from '../../kernels/training/index.ts';
import { depthwiseGeometry } from '../../model/geometry.ts';
import { DEPTHWISE_KERNEL, type PlanStep } from '../../model/plan.ts';
import { rectify } from './activation-gradient.ts';
import type { Call, Gradients } from './call.ts';
import { inputMargins, readMargins } from './convolution-gradient.ts';
import { dilate, padOrCrop } from './dilate.ts';

export function depthwiseGradients(call: Call<PlanStep<'depthwise'>>): Gradients {
  const {
    step: { layer, activation },
    wanted,
  } = call;
  const [x] = call.maps;
  const [filter] = call.tensors as [tf.Tensor4D];
  const [add] = call.sums;
  const geometry = depthwiseGeometry(x.shape, layer);
  const rectified = rectify(call.gradient, call.output, activation);
  const dy = rectified.gradient;
  const fast = layer.kernel === DEPTHWISE_KERNEL && hasGradientKernels();
  const inputGradient = () => {
    if (fast) return runGradientKernel('depthwiseInputGradient', { dy, filter, add }, { geometry });
    const dx = composedInputGradient(dy, filter, geometry);
    return add ? tf.add<tf.Tensor4D>(dx, add) : dx;
  };
  const filterGradient = () =>
    fast
      ? runGradientKernel('depthwiseFilterGradient', { x, dy }, { geometry })
      : composedFilterGradient(x, dy, layer.kernel, geometry);
  return {
    maps: [wanted.maps[0] ? inputGradient() : undefined],
    tensors: wanted.tensors ? [filterGradient(), rectified.bias()] : [],
  };
}

function composedInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: DepthwiseGeometry,
): tf.Tensor4D {
  const [vertical, horizontal] = inputMargins(withKernel(geometry, filter.shape[0]));
  return tf.tidy(() => {
    const spread = dilate(dy, geometry.stride, vertical, horizontal);
    return tf.depthwiseConv2d(spread, tf.reverse4d(filter, [0, 1]), 1, 'valid');
  });
}

function composedFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  kernel: number,
  geometry: DepthwiseGeometry,
): tf.Tensor4D {
  const { batch, channels, stride } = geometry;
  const margins = readMargins(withKernel(geometry, kernel));
  return tf.tidy(() => {
    const read = padOrCrop(x, ...margins);
    // Filters as large as maps become very long shaders in tfjs' WebGL backend.
    if (tf.getBackend() === 'webgl') return filterGradientByTaps(read, dy, kernel, geometry);
    const [height, width] = read.shape.slice(1);
    const map = tf.reshape<tf.Rank.R4>(besideEachOther(read), [1, height, width, batch * channels]);
    const filter = tf.expandDims<tf.Tensor4D>(besideEachOther(dy), 3);
    const products = tf.depthwiseConv2d(map, filter, 1, 'valid', 'NHWC', stride);
    const byImage = tf.reshape<tf.Rank.R3>(products, [kernel * kernel, batch, channels]);
    return tf.reshape<tf.Rank.R4>(tf.sum(byImage, 1), [kernel, kernel, channels, 1]);
  });
}

/** [B, h, w, C] → [h, w, B·C] */
function besideEachOther(maps: tf.Tensor4D): tf.Tensor3D {
  const [batch, height, width, channels] = maps.shape;
  return tf.reshape(tf.transpose(maps, [1, 2, 0, 3]), [height, width, batch * channels]);
}

/** @param read the input with the margins that the filter reads */
function filterGradientByTaps(
  read: tf.Tensor4D,
  dy: tf.Tensor4D,
  kernel: number,
  { batch, outHeight, outWidth, channels, stride }: DepthwiseGeometry,
): tf.Tensor4D {
  const taps: tf.Tensor1D[] = [];
  for (let ky = 0; ky < kernel; ky++) {
    for (let kx = 0; kx < kernel; kx++) {
      const bottom = ky + (outHeight - 1) * stride + 1;
      const right = kx + (outWidth - 1) * stride + 1;
      const end = [batch, bottom, right, channels];
      const shifted = tf.stridedSlice(read, [0, ky, kx, 0], end, [1, stride, stride, 1]);
      taps.push(tf.sum<tf.Tensor1D>(tf.mul(shifted, dy), [0, 1, 2]));
    }
  }
  return tf.reshape<tf.Rank.R4>(tf.stack(taps), [kernel, kernel, channels, 1]);
}

function withKernel(geometry: DepthwiseGeometry, kernel: number) {
  return { ...geometry, kernelHeight: kernel, kernelWidth: kernel, dilation: 1 };
}
