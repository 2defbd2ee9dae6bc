/**
 * Gradients of convolutions. Without the layer kernels they are composed of forward convolutions and
 * matrix products, which every backend has and runs fast:
 * - filter: the convolution of the transposed input [channels, h, w, B] with the output gradient as a
 *   filter [h', w', B, filters]; stride and dilation change places;
 * - input: the convolution of the output gradient, spread out by the stride, with the rotated filter.
 */
import * as tf from '@tensorflow/tfjs-core';
import { runLayerKernel } from '../../kernels/layers/index.ts';
import type { ConvGeometry } from '../../kernels/layers/layer-geometry.ts';
import { hasGradientKernels, runGradientKernel } from '../../kernels/training/index.ts';
import { convGeometry } from '../../model/geometry.ts';
import type { PlanStep } from '../../model/plan.ts';
import { passOn, rectify } from './activation-gradient.ts';
import type { Call, Gradients } from './call.ts';
import { dilate, type Margin, padOrCrop } from './dilate.ts';

/** Gradients of a convolution: the first map is its input, the second, if any, was added to its output. */
export function convGradients(call: Call<PlanStep<'conv'>>): Gradients {
  const { step, maps, tensors, wanted, sums } = call;
  const [x] = maps;
  const [filter, bias] = tensors as [tf.Tensor4D, tf.Tensor1D | undefined];
  const geometry = convGeometry(x.shape, step.layer);
  const rectified = rectify(call.gradient, call.output, step.activation);
  const dy = rectified.gradient;
  const dx = wanted.maps[0] ? convInputGradient(dy, filter, geometry, sums[0]) : undefined;
  const residual = wanted.maps[1] ? passOn(dy, sums[1]) : undefined;
  const dw = wanted.tensors ? [convFilterGradient(x, dy, geometry)] : [];
  const db = wanted.tensors && bias ? [rectified.bias()] : [];
  return { maps: [dx, residual].slice(0, maps.length), tensors: [...dw, ...db] };
}

/** @param sum is added to the result */
export function convInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  geometry: ConvGeometry,
  sum?: tf.Tensor4D,
): tf.Tensor4D {
  if (!hasGradientKernels()) {
    const dx = composedInputGradient(dy, filter, geometry);
    return sum ? tf.add(dx, sum) : dx;
  }
  if (geometry.stride === 1) {
    const packed = runGradientKernel('packTransposed', { filter }, { layout: 'rotated' });
    const inputs = { x: dy, filter: packed, residual: sum };
    return runLayerKernel('conv', inputs, { geometry: reversed(geometry), ...UNLIMITED });
  }
  const packed = runGradientKernel('packTransposed', { filter }, { layout: 'transposed' });
  return runGradientKernel('convInputGradient', { dy, filter: packed, add: sum }, { geometry });
}

const UNLIMITED = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** Geometry of the convolution with the rotated filter, from the output back to the input; stride 1. */
function reversed(g: ConvGeometry): ConvGeometry {
  return {
    ...g,
    height: g.outHeight,
    width: g.outWidth,
    channels: g.filters,
    outHeight: g.height,
    outWidth: g.width,
    filters: g.channels,
    padTop: (g.kernelHeight - 1) * g.dilation - g.padTop,
    padLeft: (g.kernelWidth - 1) * g.dilation - g.padLeft,
  };
}

export function convFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  geometry: ConvGeometry,
): tf.Tensor4D {
  return hasGradientKernels()
    ? runGradientKernel('convFilterGradient', { x, dy }, { geometry })
    : composedFilterGradient(x, dy, geometry);
}

function composedInputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, g: ConvGeometry): tf.Tensor4D {
  const [vertical, horizontal] = inputMargins(g);
  const { batch, height, width, channels, dilation } = g;
  return tf.tidy(() => {
    if (isPointwise(g)) {
      const rows = tf.reshape<tf.Rank.R2>(dy, [-1, g.filters]);
      // Not with transposeB: from 2000 channels on, tfjs' WebGPU backend then returns wrong products.
      const matrix = tf.transpose(tf.reshape<tf.Rank.R2>(filter, [channels, g.filters]));
      const spread = tf.reshape<tf.Rank.R4>(tf.matMul(rows, matrix), [
        batch,
        g.outHeight,
        g.outWidth,
        channels,
      ]);
      return g.stride === 1 ? spread : dilate(spread, g.stride, vertical, horizontal);
    }
    const rotated = tf.transpose(tf.reverse4d(filter, [0, 1]), [0, 1, 3, 2]);
    const spread = dilate(dy, g.stride, vertical, horizontal);
    return tf.reshape(tf.conv2d(spread, rotated, 1, 'valid', 'NHWC', dilation), [
      batch,
      height,
      width,
      channels,
    ]);
  });
}

/** Margins around the spread-out output gradient that make its convolution as large as the input. */
export function inputMargins(
  g: Omit<ConvGeometry, 'filters' | 'channels' | 'batch'>,
): [vertical: Margin, horizontal: Margin] {
  const margin = (size: number, out: number, kernel: number, pad: number): Margin => {
    const window = (kernel - 1) * g.dilation;
    return [window - pad, size + pad - 1 - (out - 1) * g.stride];
  };
  return [
    margin(g.height, g.outHeight, g.kernelHeight, g.padTop),
    margin(g.width, g.outWidth, g.kernelWidth, g.padLeft),
  ];
}

function composedFilterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, g: ConvGeometry): tf.Tensor4D {
  return tf.tidy(() => {
    if (isPointwise(g) && g.stride === 1) {
      const inputs = tf.reshape<tf.Rank.R2>(x, [-1, g.channels]);
      const gradients = tf.reshape<tf.Rank.R2>(dy, [-1, g.filters]);
      const product = tf.matMul(inputs, gradients, true);
      return tf.reshape<tf.Rank.R4>(product, [1, 1, g.channels, g.filters]);
    }
    const read = padOrCrop(x, ...readMargins(g));
    const transposed = tf.transpose(read, [3, 1, 2, 0]);
    const filter = tf.transpose(dy, [1, 2, 0, 3]);
    const product = tf.conv2d(transposed, filter, g.dilation, 'valid', 'NHWC', g.stride);
    return tf.transpose(product, [1, 2, 0, 3]);
  });
}

/** Margins that make a map exactly as large as the part that the filter reads. */
export function readMargins(
  g: Omit<ConvGeometry, 'filters' | 'channels' | 'batch'>,
): [vertical: Margin, horizontal: Margin] {
  const margin = (size: number, out: number, kernel: number, pad: number): Margin => {
    const read = (out - 1) * g.stride + (kernel - 1) * g.dilation + 1;
    return [pad, read - size - pad];
  };
  return [
    margin(g.height, g.outHeight, g.kernelHeight, g.padTop),
    margin(g.width, g.outWidth, g.kernelWidth, g.padLeft),
  ];
}

function isPointwise(g: ConvGeometry): boolean {
  return g.kernelHeight === 1 && g.kernelWidth === 1 && g.padTop === 0 && g.padLeft === 0;
}
