/** Folds batch normalization, which is a scale and a shift per channel, into the convolutions. */
import { RefineDetError } from '../errors.ts';
import type { ConvLayer, DeconvLayer, Graph, Layer, Weights } from './graph.ts';

/** Epsilon of Caffe and of PyTorch. */
export const BATCH_NORM_EPSILON = 1e-5;

type NormalizedLayer = (ConvLayer | DeconvLayer) & { batchNorm: true };

/** Removes the batch normalization of a graph, for weights that are folded. */
export function withoutBatchNorm(graph: Graph): Graph {
  const layers = graph.layers.map((layer): Layer => {
    if (!isNormalized(layer)) return layer;
    const { batchNorm: _, ...plain } = layer;
    return plain;
  });
  return { ...graph, layers };
}

/**
 * Folds the batch normalization of graph and weights. Neither argument changes; tensors of other layers
 * are shared, not copied.
 * @throws WEIGHTS_MISMATCH when a tensor of a normalized layer is missing
 */
export function foldBatchNorm(graph: Graph, weights: Weights): { graph: Graph; weights: Weights } {
  const folded: Weights = new Map(weights);
  for (const layer of graph.layers) if (isNormalized(layer)) foldLayer(layer, folded);
  return { graph: withoutBatchNorm(graph), weights: folded };
}

function isNormalized(layer: Layer): layer is NormalizedLayer {
  return 'batchNorm' in layer && layer.batchNorm === true;
}

/** gamma · (w·x - mean) / √(variance + eps) + beta = (w · scale)·x + (beta - mean · scale) */
function foldLayer({ name }: NormalizedLayer, weights: Weights): void {
  const weight = tensor(weights, `${name}.weight`);
  const take = (suffix: string) => {
    const { data } = tensor(weights, `${name}.${suffix}`);
    weights.delete(`${name}.${suffix}`);
    return data;
  };
  const [gamma, beta, mean, variance] = [
    take('gamma'),
    take('beta'),
    take('mean'),
    take('variance'),
  ];
  const scale = gamma.map((value, c) => value / Math.sqrt(variance[c] + BATCH_NORM_EPSILON));
  const channels = scale.length;
  const data = weight.data.slice();
  // Both kinds of kernel have the output channel as their last axis.
  for (let i = 0; i < data.length; i += channels) {
    for (let c = 0; c < channels; c++) data[i + c] *= scale[c];
  }
  weights.set(`${name}.weight`, { shape: weight.shape, data });
  weights.set(`${name}.bias`, {
    shape: [channels],
    data: beta.map((value, c) => value - mean[c] * scale[c]),
  });
}

function tensor(weights: Weights, name: string) {
  const found = weights.get(name);
  if (found) return found;
  throw new RefineDetError('WEIGHTS_MISMATCH', `the tensor ${name} is missing`);
}
