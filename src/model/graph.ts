/**
 * The network as data: a graph is a list of plain layer records in execution order. Running, counting,
 * initializing, importing, exporting and training all read it.
 *
 * Activations are NHWC. A layer's output carries the layer's name; its tensors are
 * `<name>.weight`, `<name>.bias` and so on.
 */
import type { HeadMap } from '../heads.ts';

/** `same` is TensorFlow's SAME; a number pads all four sides (Caffe, PyTorch). */
export type Padding = 'same' | number;
/** Activation after a convolution or an addition. */
export type Activation = 'relu' | 'relu6';

interface Unary {
  name: string;
  input: string;
}

/** The image: [1, height, width, 3], normalized. Always the first record. */
export interface InputLayer {
  op: 'input';
  name: string;
}

/**
 * Convolution. Tensors: weight [kh, kw, in, out], and bias [out]; with `batchNorm`, instead of the
 * bias: gamma, beta, mean, variance [out] (eps 1e-5), to be folded before inference.
 */
export interface ConvLayer extends Unary {
  op: 'conv';
  filters: number;
  kernel: number;
  stride: number;
  dilation: number;
  padding: Padding;
  activation?: Activation;
  batchNorm?: boolean;
}

/** Depthwise convolution, multiplier 1. Tensors: weight [kh, kw, channels, 1], bias [channels]. */
export interface DepthwiseLayer extends Unary {
  op: 'depthwise';
  kernel: number;
  stride: number;
  padding: Padding;
  activation?: Activation;
}

/**
 * 2×2 stride-2 deconvolution, which is exactly a 1×1 convolution to 4·filters channels followed by
 * depth-to-space. Tensors: weight [2, 2, in, out], and bias or batch-norm tensors as in a convolution.
 */
export interface DeconvLayer extends Unary {
  op: 'deconv';
  filters: number;
  batchNorm?: boolean;
}

/** Max pooling. `ceil` rounds the output size up, as Caffe does (windows may overhang the edge). */
export interface MaxPoolLayer extends Unary {
  op: 'maxpool';
  size: number;
  stride: number;
  padding: number;
  ceil: boolean;
}

/** Added under the square root of an L2 norm, so that a position of zeros stays zero. */
export const L2_NORM_EPSILON = 1e-10;

/** L2 normalization across channels with a learned scale per channel. Tensor: weight [channels]. */
export interface L2NormLayer extends Unary {
  op: 'l2norm';
  /** Initial value of the scale. */
  scale: number;
}

/** Element-wise sum of two equal shapes. */
export interface AddLayer {
  op: 'add';
  name: string;
  inputs: [string, string];
  activation?: Activation;
}

/** One operation of a network. */
export type Layer =
  | InputLayer
  | ConvLayer
  | DepthwiseLayer
  | DeconvLayer
  | MaxPoolLayer
  | L2NormLayer
  | AddLayer;

/** A network as plain records, in order of execution. */
export interface Graph {
  layers: Layer[];
  /** Names of the head convolutions, one per level, shallowest (stride 8) first. */
  heads: HeadMap<string[]>;
  /** Anchors per cell (A). */
  anchorsPerCell: number;
  /** Object classes plus background. */
  numClasses: number;
}

/** Weights by tensor name, float32. */
export type Weights = Map<string, WeightTensor>;

/** Shape and numbers of a stored tensor. */
export interface WeightTensor {
  shape: readonly number[];
  /** In a model that a detector loads, the numbers are restored from the file at each access. */
  data: Float32Array;
  /** The 8-bit numbers that `data` is restored from. */
  levels?: Levels;
}

/** Numbers in 8 bits: element i is `scales[i mod channels] · values[i]`. */
export interface Levels {
  values: Int8Array;
  /** One for each output channel. */
  scales: Float32Array;
}

/** [height, width, channels] */
export type FeatureShape = readonly [height: number, width: number, channels: number];

/** Names of the layers that a layer reads. */
export function layerInputs(layer: Layer): readonly string[] {
  if (layer.op === 'input') return [];
  return layer.op === 'add' ? layer.inputs : [layer.input];
}

/** Output shape of every layer for an input of the given size. */
export function inferShapes(
  graph: Graph,
  height: number,
  width: number,
): Map<string, FeatureShape> {
  const shapes = new Map<string, FeatureShape>();
  for (const layer of graph.layers) {
    const input = shapes.get(layerInputs(layer)[0]);
    shapes.set(layer.name, input ? outputShape(layer, input) : [height, width, 3]);
  }
  return shapes;
}

function outputShape(layer: Layer, [h, w, c]: FeatureShape): FeatureShape {
  switch (layer.op) {
    case 'conv': {
      const { filters, kernel, stride, padding, dilation } = layer;
      const size = (n: number) => convSize(n, (kernel - 1) * dilation + 1, stride, padding);
      return [size(h), size(w), filters];
    }
    case 'depthwise': {
      const size = (n: number) => convSize(n, layer.kernel, layer.stride, layer.padding);
      return [size(h), size(w), c];
    }
    case 'deconv':
      return [2 * h, 2 * w, layer.filters];
    case 'maxpool':
      return [poolSize(h, layer), poolSize(w, layer), c];
    default:
      return [h, w, c];
  }
}

/** Output height or width of a convolution; `window` is the extent of the dilated kernel. */
export function convSize(n: number, window: number, stride: number, padding: Padding): number {
  if (padding === 'same') return Math.ceil(n / stride);
  return Math.floor((n + 2 * padding - window) / stride) + 1;
}

/** Output height or width of a pooling layer for an input of `n` rows or columns. */
export function poolSize(n: number, { size, stride, padding, ceil }: MaxPoolLayer): number {
  const steps = (n + 2 * padding - size) / stride;
  const out = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  // Caffe: the last window must start inside the image or its left padding.
  return ceil && padding > 0 && (out - 1) * stride >= n + padding ? out - 1 : out;
}

/** Names and shapes of the tensors of every layer, in graph order. */
export function parameterShapes(graph: Graph): Map<string, readonly number[]> {
  const parameters = new Map<string, readonly number[]>();
  const channels = channelsByLayer(graph);
  for (const layer of graph.layers) {
    for (const [suffix, shape] of layerParameters(
      layer,
      channels.get(layerInputs(layer)[0]) ?? 3,
    )) {
      parameters.set(`${layer.name}.${suffix}`, shape);
    }
  }
  return parameters;
}

/** Returns the layer of a tensor: `block1.expand` of `block1.expand.weight`. */
export function layerOf(tensor: string): string {
  return tensor.slice(0, tensor.lastIndexOf('.'));
}

function layerParameters(layer: Layer, inputChannels: number): [string, readonly number[]][] {
  switch (layer.op) {
    case 'conv': {
      const { kernel, filters } = layer;
      return [['weight', [kernel, kernel, inputChannels, filters]], ...biasOrNorm(layer)];
    }
    case 'deconv':
      return [['weight', [2, 2, inputChannels, layer.filters]], ...biasOrNorm(layer)];
    case 'depthwise':
      return [
        ['weight', [layer.kernel, layer.kernel, inputChannels, 1]],
        ['bias', [inputChannels]],
      ];
    case 'l2norm':
      return [['weight', [inputChannels]]];
    default:
      return [];
  }
}

/** Tensors that replace the bias of a convolution followed by batch normalization. */
export const BATCH_NORM_TENSORS = ['gamma', 'beta', 'mean', 'variance'] as const;

function biasOrNorm(layer: ConvLayer | DeconvLayer): [string, readonly number[]][] {
  const names = layer.batchNorm ? BATCH_NORM_TENSORS : (['bias'] as const);
  return names.map((name) => [name, [layer.filters]]);
}

/** Output channels of every layer: they do not depend on the input size. */
export function channelsByLayer(graph: Graph): Map<string, number> {
  const channels = new Map<string, number>();
  for (const layer of graph.layers) {
    const input = channels.get(layerInputs(layer)[0]) ?? 3;
    channels.set(layer.name, 'filters' in layer ? layer.filters : input);
  }
  return channels;
}
