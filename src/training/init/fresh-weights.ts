/** Tensors that no file provides: initial values of new layers. */
import {
  type Graph,
  type Layer,
  layerOf,
  parameterShapes,
  type Weights,
} from '../../model/graph.ts';
import { initializeWeights } from '../../model/initialize.ts';
import { deriveRandom, type Random } from '../../random.ts';
import type { Initialization } from '../config/train-config.ts';

const WEIGHT_STREAM = 2;

/** Standard deviation of the head convolutions' weights, and around the identity of a depthwise one. */
const OUTPUT_DEVIATION = 0.01;
const DEPTHWISE_DEVIATION = 0.08;
/** Share of positives among the anchors in the loss: negatives are mined 3 : 1. */
const POSITIVE_SHARE = 0.25;

/**
 * - `xavier`: like the released code, every kernel uniform by its fan-in;
 * - `he`: kernels normal by their fan-in (arXiv 1502.01852), depthwise ones near the identity, heads
 *   nearly zero (all measured on the light preset, see docs/training.md).
 *
 * In both, the biases of the class heads make mined anchors background with probability 3/4 and every
 * class equally likely otherwise: the initial loss is that of the best constant guess.
 * @param graph graph without batch normalization
 */
export function freshWeights(graph: Graph, style: Initialization, seed: number): Weights {
  const weights = initializeWeights(graph, seed);
  if (style === 'he') fillHe(graph, weights, seed);
  for (const name of graph.heads.armConf) setPrior(weights, name, 2);
  for (const name of graph.heads.odmConf) setPrior(weights, name, graph.numClasses);
  return weights;
}

function fillHe(graph: Graph, weights: Weights, seed: number): void {
  const heads = new Set(Object.values(graph.heads).flat());
  const layers = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const names = [...parameterShapes(graph).keys()].filter((name) => name.endsWith('.weight'));
  names.forEach((name, index) => {
    const layer = layers.get(layerOf(name))!;
    const { shape, data } = weights.get(name)!;
    const random = deriveRandom(seed, WEIGHT_STREAM, index);
    if (layer.op === 'depthwise') fillNearIdentity(data, shape, random);
    else if (layer.op === 'conv' || layer.op === 'deconv') {
      const deviation = heads.has(layer.name) ? OUTPUT_DEVIATION : heDeviation(layer, shape);
      for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
    }
  });
}

function heDeviation({ op }: Layer, [rows, columns, channels]: readonly number[]): number {
  // The windows of a 2×2 stride-2 deconvolution do not overlap.
  return Math.sqrt(2 / (op === 'deconv' ? channels : rows * columns * channels));
}

/** [rows, columns, channels, 1] */
function fillNearIdentity(
  data: Float32Array,
  [rows, columns, channels]: readonly number[],
  random: Random,
) {
  const center = Math.floor(rows / 2) * columns + Math.floor(columns / 2);
  for (let i = 0; i < data.length; i++) {
    const identity = Math.floor(i / channels) === center ? 1 : 0;
    data[i] = identity + DEPTHWISE_DEVIATION * random.normal();
  }
}

/** @param classes number of classes with background, which comes first */
function setPrior(weights: Weights, layer: string, classes: number): void {
  const { data } = weights.get(`${layer}.bias`)!;
  const background = Math.log(((1 - POSITIVE_SHARE) / POSITIVE_SHARE) * (classes - 1));
  for (let i = 0; i < data.length; i++) data[i] = i % classes === 0 ? background : 0;
}
