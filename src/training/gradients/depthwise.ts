/**
 * Gradients of depthwise convolutions; where the layer kernels are missing, composed of a depthwise
 * convolution with the rotated filter (input) and of products with shifted inputs (filter).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DepthwiseGeometry } from '../../kernels/layers/geometry.ts';
import { hasLayerKernels, runLayerKernel } from '../../kernels/layers/index.ts';
import { depthwiseGeometry } from '../../model/geometry.ts';
import type { DepthwiseLayer } from '../../model/graph.ts';
import { DEPTHWISE_KERNEL } from '../../model/plan.ts';
import { rectify } from './activation.ts';
import type { Call, Gradients } from './call.ts';
import { inputMargins, readMargins } from './convolution.ts';
import { dilate, padOrCrop } from './dilate.ts';

export function depthwiseGradients(call: Call<DepthwiseLayer>): Gradients {
  const { layer, wanted } = call;
  const [x] = call.maps;
  const [filter] = call.tensors as [tf.Tensor4D];
  const [add] = call.sums;
  const geometry = depthwiseGeometry(x.shape, layer);
  const rectified = rectify(call.gradient, call.output, call.activation);
  const dy = rectified.gradient;
  const fast = layer.kernel === DEPTHWISE_KERNEL && hasLayerKernels();
  const inputGradient = () => {
    if (fast) return runLayerKernel('depthwiseInputGradient', { dy, filter, add }, { geometry });
    const dx = composedInputGradient(dy, filter, geometry);
    return add ? tf.add<tf.Tensor4D>(dx, add) : dx;
  };
  const filterGradient = () =>
    fast
      ? runLayerKernel('depthwiseFilterGradient', { x, dy }, { geometry })
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
  const { batch, outHeight, outWidth, channels, stride } = geometry;
  const margins = readMargins(withKernel(geometry, kernel));
  return tf.tidy(() => {
    const read = padOrCrop(x, ...margins);
    const taps: tf.Tensor1D[] = [];
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        const bottom = ky + (outHeight - 1) * stride + 1;
        const right = kx + (outWidth - 1) * stride + 1;
        const strides = [1, stride, stride, 1];
        const end = [batch, bottom, right, channels];
        const shifted = tf.stridedSlice(read, [0, ky, kx, 0], end, strides);
        taps.push(tf.sum<tf.Tensor1D>(tf.mul(shifted, dy), [0, 1, 2]));
      }
    }
    return tf.reshape<tf.Rank.R4>(tf.stack(taps), [kernel, kernel, channels, 1]);
  });
}

function withKernel(geometry: DepthwiseGeometry, kernel: number) {
  return { ...geometry, kernelHeight: kernel, kernelWidth: kernel, dilation: 1 };
}
