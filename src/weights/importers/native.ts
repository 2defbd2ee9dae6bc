/** Layouts whose tensors already have the names and axes of the graph. */
import { BATCH_NORM_TENSORS, type Layer } from '../../model/graph.ts';
import type { Find, LayerTensors, Layout } from './layout.ts';

function sameNames(layer: Layer, find: Find): LayerTensors {
  const normalized = 'batchNorm' in layer && layer.batchNorm;
  const suffixes = ['weight', ...(normalized ? BATCH_NORM_TENSORS : ['bias'])];
  return Object.fromEntries(suffixes.map((suffix) => [suffix, find(`${layer.name}.${suffix}`)]));
}

/** Files of this package, for any preset. */
export const NATIVE: Omit<Layout, 'backbone'> = {
  name: 'refinedet',
  source: 'this package',
  format: 'safetensors',
  signature: ['arm3.loc.weight', 'odm3.loc.weight'],
  tensors: sameNames,
};

/** SSD MobileNetV2 with folded batch normalization: a backbone and heads of another detector. */
export const SSD_MOBILENET: Layout = {
  ...NATIVE,
  name: 'ssd-mobilenetv2',
  source: 'SSD MobileNetV2, TensorFlow names and padding',
  backbone: 'mobilenet',
  signature: ['stem.weight', 'block16.project.weight', 'head0.box.weight'],
  ignored: /^(head\d|extra[1-3])\./,
};
