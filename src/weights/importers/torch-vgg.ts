/** VGG-16 backbones from PyTorch: the SSD family's reduced one, and torchvision's classifier. */
import type { Layer } from '../../model/graph.ts';
import { restrided, rowMajorStrides, type SourceTensor } from '../weight-source.ts';
import {
  CAFFE_BGR,
  type Find,
  kernel,
  type LayerTensors,
  type Layout,
  TORCHVISION_RGB,
  torchTensors,
} from './layout.ts';
import { VGG_INDEX, VGG_REDUCED_INDEX } from './vgg-names.ts';

/** `vgg16_reducedfc.pth` of amdegroot/ssd.pytorch: converted from Caffe, so its filters are BGR. */
export const VGG_REDUCED: Layout = {
  name: 'torch-vgg16-reducedfc',
  source: 'vgg16_reducedfc.pth of ssd.pytorch',
  format: 'torch',
  backbone: 'vgg16',
  signature: ['0.weight', '31.weight', '33.weight'],
  preprocessing: CAFFE_BGR,
  tensors(layer, find) {
    const index = VGG_REDUCED_INDEX.get(layer.name);
    return index === undefined ? {} : torchTensors(layer, find, String(index));
  },
};

export const TORCHVISION_VGG: Layout = {
  name: 'torchvision-vgg16',
  source: 'torchvision.models.vgg16',
  format: 'torch',
  backbone: 'vgg16',
  // VGG-13 and VGG-19 have no convolution at index 24, networks with batch normalization none at 2.
  signature: ['features.2.weight', 'features.24.weight', 'classifier.0.weight'],
  preprocessing: TORCHVISION_RGB,
  ignored: /^classifier\.6\./,
  tensors(layer, find) {
    if (layer.name === 'fc6') return decimated(layer, find, 'classifier.0', 7, 3);
    if (layer.name === 'fc7') return decimated(layer, find, 'classifier.3', 1, 1);
    const index = VGG_INDEX.get(layer.name);
    return index === undefined ? {} : torchTensors(layer, find, `features.${index}`);
  },
};

/** The reduced network keeps every fourth neuron of fc6 and fc7 (SSD paper, §3.1; DeepLab). */
const NEURON_STEP = 4;
/** It keeps the rows and columns 0, 3 and 6 of the 7×7 window of fc6: hence its dilation of 3. */
const WINDOW_STEP = 3;

/**
 * A fully connected layer [out, in · window²] as a reduced convolution. fc7 also keeps every fourth
 * input, since those are the neurons that fc6 keeps.
 */
function decimated(
  layer: Layer,
  find: Find,
  module: string,
  window: number,
  size: number,
): LayerTensors {
  const weight = find(`${module}.weight`);
  const inputStep = window === 1 ? NEURON_STEP : 1;
  const reduced = weight && reducedKernel(weight, window, size, inputStep);
  return {
    weight: kernel(layer, reduced),
    bias: everyFourth(find(`${module}.bias`)),
  };
}

function everyFourth(bias: SourceTensor | undefined): SourceTensor | undefined {
  if (bias?.shape.length !== 1) return bias;
  return restrided(bias, [Math.ceil(bias.shape[0] / NEURON_STEP)], [NEURON_STEP]);
}

/** [out, in · window²] → [out / 4, in / inputStep, size, size] (OIHW) */
function reducedKernel(
  weight: SourceTensor,
  window: number,
  size: number,
  inputStep: number,
): SourceTensor {
  const [outputs, columns] = weight.shape;
  const inputs = columns / window ** 2;
  if (weight.shape.length !== 2 || !Number.isInteger(inputs)) return weight;
  const [o, i, y, x] = rowMajorStrides([outputs, inputs, window, window]);
  return restrided(
    weight,
    [Math.ceil(outputs / NEURON_STEP), Math.ceil(inputs / inputStep), size, size],
    [o * NEURON_STEP, i * inputStep, y * WINDOW_STEP, x * WINDOW_STEP],
  );
}
