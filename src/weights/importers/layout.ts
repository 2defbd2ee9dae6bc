/** Weight layouts: how the tensors of a foreign file map onto the layers of a graph. */
import type { Layer } from '../../model/graph.ts';
import type { GraphOptions } from '../../model/graph-options.ts';
import type { ModelConfig } from '../../model/model.ts';
import type { Preset } from '../../model/presets.ts';
import { mapped, permuted, type SourceTensor } from '../weight-source.ts';

export type WeightFormat = 'safetensors' | 'torch' | 'caffe';

/** Pre-processing that the weights were trained with. */
export type Preprocessing = Pick<ModelConfig, 'mean' | 'std' | 'channelOrder'>;

/** A tensor of the file by its name there. */
export type Find = (name: string) => SourceTensor | undefined;

/** Tensors of a layer in graph order of axes, by suffix (weight, bias, gamma …). */
export type LayerTensors = Partial<Record<string, SourceTensor>>;

export interface Layout {
  name: string;
  /** Where such files come from. */
  source: string;
  format: WeightFormat;
  backbone: Preset['backbone'];
  /** Tensors that identify the layout when all are present. */
  signature: readonly string[];
  /** Default: the preset's. */
  preprocessing?: Preprocessing;
  /** The network was trained with anchors clipped to the image. */
  clipAnchors?: boolean;
  /** Variant of the graph that the weights are for. */
  graphOptions?: GraphOptions;
  /** Tensors that a detector does not need, such as a classifier. */
  ignored?: RegExp;
  tensors(layer: Layer, find: Find): LayerTensors;
}

/** Caffe's and the PyTorch port's ImageNet mean, without scaling. */
export const CAFFE_BGR: Preprocessing = {
  mean: [104, 117, 123],
  std: [1, 1, 1],
  channelOrder: 'BGR',
};

/** torchvision's ImageNet mean and standard deviation, for pixels 0..255. */
export const TORCHVISION_RGB: Preprocessing = {
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
  channelOrder: 'RGB',
};

/**
 * Kernels to the graph's axes: convolutions OIHW → HWIO; deconvolutions IOHW → HWIO; depthwise
 * [C, 1, kh, kw] → [kh, kw, C, 1]. The scale of an L2 normalization is a vector in every layout.
 */
export function kernel(layer: Layer, tensor: SourceTensor | undefined): SourceTensor | undefined {
  if (!tensor || layer.op === 'l2norm') return tensor && vector(tensor);
  return permuted(tensor, layer.op === 'conv' ? [2, 3, 1, 0] : [2, 3, 0, 1]);
}

/** Drops axes of size 1 around the only longer one: old Caffe files store a bias as [1, 1, 1, n]. */
function vector(tensor: SourceTensor): SourceTensor {
  const longer = tensor.shape.filter((size) => size !== 1);
  if (longer.length > 1) return tensor;
  return { shape: [longer[0] ?? 1], read: () => tensor.read() };
}

/**
 * Tensors of a PyTorch module: kernel and bias, or kernel and batch normalization.
 * @param norm name of the BatchNorm2d module that follows a convolution without bias
 */
export function torchTensors(
  layer: Layer,
  find: Find,
  module: string,
  norm?: string,
): LayerTensors {
  const weight = kernel(layer, find(`${module}.weight`));
  if (layer.op === 'l2norm') return { weight };
  if (norm === undefined) return { weight, bias: find(`${module}.bias`) };
  return {
    weight,
    gamma: find(`${norm}.weight`),
    beta: find(`${norm}.bias`),
    mean: find(`${norm}.running_mean`),
    variance: find(`${norm}.running_var`),
  };
}

/** Caffe layers of one convolution: itself and, with batch normalization, BatchNorm and Scale. */
export interface CaffeNames {
  conv: string;
  norm?: string;
  scale?: string;
}

/** Tensors of Caffe layers: blobs 0, 1 … are `<layer>.0`, `<layer>.1` … */
export function caffeTensors(
  layer: Layer,
  findBlob: Find,
  { conv, norm, scale }: CaffeNames,
): LayerTensors {
  const find = (name: string) => {
    const blob = findBlob(name);
    return blob && vector(blob);
  };
  const weight = kernel(layer, findBlob(`${conv}.0`));
  if (layer.op === 'l2norm') return { weight };
  const bias = find(`${conv}.1`);
  if (norm === undefined) return { weight, bias };
  // BatchNorm keeps running sums: mean, variance and the factor by which both are to be divided.
  const factor = find(`${norm}.2`)?.read()[0] ?? 1;
  const average = (sums: SourceTensor | undefined) =>
    sums && mapped(sums, (sum) => (factor === 0 ? 0 : sum / factor));
  return {
    weight,
    gamma: find(`${scale}.0`),
    beta: find(`${scale}.1`),
    // A bias before batch normalization only shifts the mean.
    mean: minus(average(find(`${norm}.0`)), bias),
    variance: average(find(`${norm}.1`)),
  };
}

function minus(tensor: SourceTensor | undefined, other: SourceTensor | undefined) {
  if (!tensor || !other) return tensor;
  const { shape } = tensor;
  const read = () => {
    const subtrahend = other.read();
    return tensor.read().map((value, i) => value - subtrahend[i]);
  };
  return { shape, read };
}
