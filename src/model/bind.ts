/**
 * Binds the steps of a network to their tensors: what depends on the tensors alone (packing a filter,
 * say) is done once. Each step runs on whatever backend is current when it is bound.
 */
import * as tf from '@tensorflow/tfjs-core';
import { RefineDetError } from '../errors.ts';
import type { Limits } from '../kernels/layers/convolution.ts';
import { hasLayerKernels, runLayerKernel } from '../kernels/layers/index.ts';
import { convGeometry, depthwiseGeometry } from './geometry.ts';
import {
  type Activation,
  type ConvLayer,
  type DepthwiseLayer,
  L2_NORM_EPSILON,
  type MaxPoolLayer,
  poolSize,
} from './graph.ts';
import { DEPTHWISE_KERNEL, type Step } from './plan.ts';

/** A step ready to run, again and again. */
export interface BoundStep {
  /** @returns a map that the caller disposes; `maps` are left alone */
  run(maps: tf.Tensor4D[]): tf.Tensor4D;
  /** Tensors of the layer that it goes on reading; the others may go. */
  reads: readonly tf.Tensor[];
  /** Frees what binding has made; the tensors of the layer are left alone. */
  dispose(): void;
}

/**
 * @param tensors of the step's layer, in the order of its parameters
 * @param useKernels whether to use the layer kernels, which the current backend must have then;
 *   default: where there are any, for they are faster
 */
export function bindStep(
  { layer, activation, winograd }: Step,
  tensors: readonly tf.Tensor[],
  useKernels: boolean = hasLayerKernels(),
): BoundStep {
  const [weight, bias] = tensors as [tf.Tensor4D, tf.Tensor1D];
  switch (layer.op) {
    case 'conv':
      return useKernels
        ? bindConvKernel(layer, activation, weight, bias, winograd)
        : bindConv(layer, activation, weight, bias);
    case 'depthwise':
      return bindDepthwise(layer, activation, weight, bias, useKernels);
    case 'deconv':
      return bindDeconv(weight, bias, useKernels);
    case 'maxpool':
      return stateless(([x]) => maxPool(x, layer));
    case 'l2norm':
      return stateless(([x]) => tf.tidy(() => l2normalize(x, weight)), tensors);
    case 'add':
      return stateless(([a, b]) => tf.tidy(() => activate(tf.add(a, b), activation)));
    case 'input':
      throw new RefineDetError('INVALID_ARGUMENT', `"${layer.name}" must be the first layer`);
  }
}

function stateless(run: BoundStep['run'], reads: readonly tf.Tensor[] = []): BoundStep {
  return { run, reads, dispose() {} };
}

/** Smallest and largest output of an activation. */
export function activationLimits(activation: Activation | undefined): Limits {
  const low = activation ? 0 : Number.NEGATIVE_INFINITY;
  return { low, high: activation === 'relu6' ? 6 : Number.POSITIVE_INFINITY };
}

function bindConv(
  layer: ConvLayer,
  activation: Activation | undefined,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
): BoundStep {
  const run: BoundStep['run'] = ([x, residual]) =>
    residual
      ? tf.tidy(() => activate(tf.add(fusedConv(x, filter, bias, layer), residual), activation))
      : fusedConv(x, filter, bias, layer, activation);
  return stateless(run, bias ? [filter, bias] : [filter]);
}

function bindConvKernel(
  layer: ConvLayer,
  activation: Activation | undefined,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  winograd = false,
): BoundStep {
  const kernel = winograd ? 'winograd' : 'conv';
  const packed = tf.keep(
    winograd
      ? runLayerKernel('packWinograd', { filter, bias }, {})
      : runLayerKernel('packFilter', { filter, bias }, { layout: 'forward' }),
  );
  const limits = activationLimits(activation);
  return {
    run: ([x, residual]) => {
      const geometry = convGeometry(x.shape, layer);
      return runLayerKernel(kernel, { x, filter: packed, residual }, { geometry, ...limits });
    },
    reads: [],
    dispose: () => packed.dispose(),
  };
}

function fusedConv(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  { stride: strides, dilation: dilations, padding: pad }: ConvLayer,
  activation?: Activation,
): tf.Tensor4D {
  return tf.fused.conv2d({ x, filter, strides, pad, dilations, bias, activation });
}

function bindDepthwise(
  layer: DepthwiseLayer,
  activation: Activation | undefined,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D,
  useKernels: boolean,
): BoundStep {
  const { kernel, stride: strides, padding: pad } = layer;
  const reads = [filter, bias];
  if (!useKernels || kernel !== DEPTHWISE_KERNEL) {
    const call = { filter, strides, pad, bias, activation };
    return stateless(([x]) => tf.fused.depthwiseConv2d({ x, ...call }), reads);
  }
  const limits = activationLimits(activation);
  return stateless(([x]) => {
    const geometry = depthwiseGeometry(x.shape, layer);
    return runLayerKernel('depthwise', { x, filter, bias }, { geometry, ...limits });
  }, reads);
}

/** As a 1×1 convolution to 4·filters channels and a depth-to-space: exact, and several times faster. */
function bindDeconv(
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  useKernels: boolean,
): BoundStep {
  const own = [tf.keep(spreadDeconvFilter(filter)), ...(bias ? [tf.keep(tf.tile(bias, [4]))] : [])];
  const [wideFilter, wideBias] = own as [tf.Tensor4D, tf.Tensor1D | undefined];
  const bind = useKernels ? bindConvKernel : bindConv;
  const spread = bind(deconvSpread(filter), undefined, wideFilter, wideBias);
  tf.dispose(own.filter((tensor) => !spread.reads.includes(tensor)));
  return {
    run: ([x]) => {
      const wide = spread.run([x]);
      const y = useKernels
        ? runLayerKernel('depthToSpace', { x: wide }, {})
        : tf.depthToSpace(wide, 2, 'NHWC');
      wide.dispose();
      return y;
    },
    reads: [],
    dispose() {
      spread.dispose();
      tf.dispose([...spread.reads]);
    },
  };
}

/** The 1×1 convolution inside of a 2×2 deconvolution with this filter [2, 2, in, out]. */
export function deconvSpread({ shape: [, , , filters] }: tf.Tensor4D): ConvLayer {
  const plain = { kernel: 1, stride: 1, dilation: 1, padding: 0 };
  return { op: 'conv', name: '', input: '', filters: 4 * filters, ...plain };
}

/** Its filter: [2, 2, in, out] → [1, 1, in, 4·out]. */
export function spreadDeconvFilter(filter: tf.Tensor4D): tf.Tensor4D {
  const [, , channels, filters] = filter.shape;
  return tf.tidy(() =>
    tf.reshape<tf.Rank.R4>(tf.transpose(filter, [2, 0, 1, 3]), [1, 1, channels, 4 * filters]),
  );
}

/** [B, h, w, 1] length across channels at each position. */
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

function maxPool(x: tf.Tensor4D, layer: MaxPoolLayer): tf.Tensor4D {
  return tf.maxPool(x, layer.size, layer.stride, poolPadding(x.shape, layer));
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
