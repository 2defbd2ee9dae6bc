/** Binds plan steps to operations of tfjs, which every backend has. */
import * as tf from '@tensorflow/tfjs-core';
import { deconvBinder } from './bind-deconv.ts';
import { type Binder, type Binders, stateless } from './binders.ts';
import {
  type Activation,
  type ConvLayer,
  L2_NORM_EPSILON,
  type MaxPoolLayer,
  poolSize,
} from './graph.ts';
import type { LayerKind } from './plan.ts';

const bindConv: Binder<'conv'> = ({ layer, activation }, tensors) => {
  const [filter, bias] = tensors as [tf.Tensor4D, tf.Tensor1D | undefined];
  return stateless(
    ([x, residual]) =>
      residual
        ? tf.tidy(() => activate(tf.add(fusedConv(x, filter, bias, layer), residual), activation))
        : fusedConv(x, filter, bias, layer, activation),
    tensors,
  );
};

function fusedConv(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  { stride: strides, dilation: dilations, padding: pad }: ConvLayer,
  activation?: Activation,
): tf.Tensor4D {
  return tf.fused.conv2d({ x, filter, strides, pad, dilations, bias, activation });
}

/** The binders of every backend. */
export const TFJS_BINDERS: Binders<LayerKind> = {
  conv: bindConv,
  depthwise({ layer: { stride: strides, padding: pad }, activation }, tensors) {
    const [filter, bias] = tensors as [tf.Tensor4D, tf.Tensor1D];
    const call = { filter, strides, pad, bias, activation };
    return stateless(([x]) => tf.fused.depthwiseConv2d({ x, ...call }), tensors);
  },
  deconv: deconvBinder(bindConv, (x) => tf.depthToSpace(x, 2, 'NHWC')),
  maxpool: ({ layer }) =>
    stateless(([x]) => tf.maxPool(x, layer.size, layer.stride, poolPadding(x.shape, layer))),
  l2norm: (_, tensors) => stateless(([x]) => tf.tidy(() => l2normalize(x, tensors[0])), tensors),
  add: ({ activation }) => stateless(([a, b]) => tf.tidy(() => activate(tf.add(a, b), activation))),
};

/** Length across channels at each position: [B, h, w, 1]. */
export function channelNorm(x: tf.Tensor4D): tf.Tensor4D {
  return tf.sqrt(tf.add<tf.Tensor4D>(tf.sum(tf.square(x), -1, true), L2_NORM_EPSILON));
}

/** Paper §3.1 (after ParseNet): unit length across channels, then a learned scale per channel. */
function l2normalize(x: tf.Tensor4D, scale: tf.Tensor): tf.Tensor4D {
  return tf.mul(tf.div(x, channelNorm(x)), scale);
}

export function activate(x: tf.Tensor4D, activation: Activation | undefined): tf.Tensor4D {
  if (activation === undefined) return x;
  return activation === 'relu' ? tf.relu(x) : tf.relu6(x);
}

type PoolPadding = [[0, 0], [number, number], [number, number], [0, 0]];

/** Ceil mode is extra padding at the bottom and the right, where the last window overhangs. */
export function poolPadding(
  [, height, width]: readonly number[],
  layer: MaxPoolLayer,
): PoolPadding {
  const pad = (n: number): [number, number] => {
    const overhang = (poolSize(n, layer) - 1) * layer.stride + layer.size - n - layer.padding;
    return [layer.padding, Math.max(overhang, 0)];
  };
  return [[0, 0], pad(height), pad(width), [0, 0]];
}
