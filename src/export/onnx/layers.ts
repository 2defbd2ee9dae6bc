/**
 * Writes layers as ONNX operators. Maps are NCHW here. A map has the name of its layer, so the value
 * before an activation has another name.
 */
import { RefineDetError } from '../../errors.ts';
import { convGeometry, depthwiseGeometry } from '../../model/geometry.ts';
import {
  type Activation,
  type ConvLayer,
  type DepthwiseLayer,
  type FeatureShape,
  L2_NORM_EPSILON,
  type L2NormLayer,
  type Layer,
  type MaxPoolLayer,
  type Weights,
  type WeightTensor,
} from '../../model/graph.ts';
import type { GraphWriter } from './graph-writer.ts';
import type { Attributes } from './messages.ts';

/** Input and output shape of a layer. */
export interface LayerShapes {
  input: FeatureShape;
  output: FeatureShape;
}

/** @param layer without batch normalization */
export function writeLayer(
  writer: GraphWriter,
  layer: Layer,
  weights: Weights,
  shapes: LayerShapes,
): void {
  const { name } = layer;
  switch (layer.op) {
    case 'conv': {
      const inputs = [layer.input, ...convTensors(writer, name, weights, OIHW)];
      writeActivated(writer, layer, 'Conv', inputs, convAttributes(layer, shapes));
      break;
    }
    case 'depthwise': {
      const inputs = [layer.input, ...convTensors(writer, name, weights, IOHW)];
      writeActivated(writer, layer, 'Conv', inputs, depthwiseAttributes(layer, shapes));
      break;
    }
    case 'deconv': {
      const inputs = [layer.input, ...convTensors(writer, name, weights, IOHW)];
      writer.node('ConvTranspose', inputs, name, windowAttributes(2, 2));
      break;
    }
    case 'maxpool':
      writer.node('MaxPool', [layer.input], name, poolAttributes(layer, shapes));
      break;
    case 'l2norm':
      writeL2Norm(writer, layer, weights);
      break;
    case 'add':
      writeActivated(writer, layer, 'Add', layer.inputs);
      break;
    case 'input':
      throw new RefineDetError('INVALID_ARGUMENT', `"${name}" must be the first layer`);
  }
}

/** Axes of our kernels [kh, kw, in, out], or [kh, kw, channels, 1], in the order of ONNX. */
const OIHW = [3, 2, 0, 1] as const;
const IOHW = [2, 3, 0, 1] as const;
type Axes = readonly [number, number, number, number];

/** Writes kernel and bias; returns their names. */
function convTensors(writer: GraphWriter, name: string, weights: Weights, axes: Axes): string[] {
  const weight = weights.get(`${name}.weight`)!;
  const bias = weights.get(`${name}.bias`)!;
  const shape = axes.map((axis) => weight.shape[axis]);
  return [
    writer.kernel(`${name}.weight`, shape, () => transposed(weight, axes)),
    writer.floats(`${name}.bias`, bias.shape, () => bias.data),
  ];
}

function transposed({ shape, data }: WeightTensor, axes: Axes): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const [a, b, c, d] = axes.map((axis) => shape[axis]);
  const [stepA, stepB, stepC, stepD] = axes.map((axis) => strides[axis]);
  const out = new Float32Array(data.length);
  let at = 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++) {
        const from = i * stepA + j * stepB + k * stepC;
        for (let l = 0; l < d; l++) out[at++] = data[from + l * stepD];
      }
    }
  }
  return out;
}

function convAttributes(layer: ConvLayer, { input, output }: LayerShapes): Attributes {
  const { kernel, stride, dilation } = layer;
  const { padTop, padLeft } = convGeometry([1, ...input], layer);
  return {
    ...windowAttributes(kernel, stride),
    dilations: [dilation, dilation],
    pads: pads(input, output, (kernel - 1) * dilation + 1, stride, padTop, padLeft),
  };
}

function depthwiseAttributes(layer: DepthwiseLayer, { input, output }: LayerShapes): Attributes {
  const { kernel, stride } = layer;
  const { padTop, padLeft } = depthwiseGeometry([1, ...input], layer);
  return {
    ...windowAttributes(kernel, stride),
    group: input[2],
    pads: pads(input, output, kernel, stride, padTop, padLeft),
  };
}

/** Overhanging windows of ceil mode are padding too: the operator pads with minus infinity. */
function poolAttributes(layer: MaxPoolLayer, { input, output }: LayerShapes): Attributes {
  const { size, stride, padding } = layer;
  return {
    ...windowAttributes(size, stride),
    pads: pads(input, output, size, stride, padding, padding),
  };
}

function windowAttributes(kernel: number, stride: number) {
  return { kernel_shape: [kernel, kernel], strides: [stride, stride] };
}

/** [top, left, bottom, right]: at the end, as much as the last window needs. */
function pads(
  input: FeatureShape,
  output: FeatureShape,
  window: number,
  stride: number,
  top: number,
  left: number,
): number[] {
  const end = (axis: 0 | 1, start: number) =>
    Math.max(0, (output[axis] - 1) * stride + window - input[axis] - start);
  return [top, left, end(0, top), end(1, left)];
}

/** Writes an operator and the activation after it. */
function writeActivated(
  writer: GraphWriter,
  { name, activation }: { name: string; activation?: Activation },
  op: string,
  inputs: readonly string[],
  attributes?: Attributes,
): void {
  const output = activation ? `${name}.linear` : name;
  writer.node(op, inputs, output, attributes);
  if (activation === 'relu') writer.node('Relu', [output], name);
  if (activation === 'relu6') {
    const limits = [scalar(writer, 'zero', 0), scalar(writer, 'six', 6)];
    writer.node('Clip', [output, ...limits], name);
  }
}

function scalar(writer: GraphWriter, name: string, value: number): string {
  return writer.floats(name, [], () => Float32Array.of(value));
}

/** Follows the definition: the operator LpNormalization has no epsilon and gives 0 / 0 for zeros. */
function writeL2Norm(writer: GraphWriter, { name, input }: L2NormLayer, weights: Weights): void {
  const scale = weights.get(`${name}.weight`)!;
  const squares = writer.node('Mul', [input, input], `${name}.squares`);
  const channelAxis = writer.integers('channelAxis', [1]);
  const sum = writer.node('ReduceSum', [squares, channelAxis], `${name}.sum`);
  const epsilon = scalar(writer, 'l2normEpsilon', L2_NORM_EPSILON);
  const positive = writer.node('Add', [sum, epsilon], `${name}.positive`);
  const length = writer.node('Sqrt', [positive], `${name}.length`);
  const unit = writer.node('Div', [input, length], `${name}.unit`);
  const factors = writer.floats(`${name}.weight`, [scale.shape[0], 1, 1], () => scale.data);
  writer.node('Mul', [unit, factors], name);
}
