/** Gradients of every preset on the current backend, to compare backends with each other. */
import * as tf from '@tensorflow/tfjs-core';
import type { HeadMap } from '../../src/heads.ts';
import type { Graph } from '../../src/model/graph.ts';
import { type PresetName, presetGraph } from '../../src/model/presets.ts';
import { TrainableNetwork } from '../../src/training/gradients/trainable-network.ts';
import { randomWeights } from '../models/random-weights.ts';

const CLASSES = 3;
/** The smallest input: one cell at the deepest level. */
const SIDE = 64;

/** Trained layers: between them and the heads is every kind of layer of a preset. */
const TRAINED: Partial<Record<PresetName, readonly string[]>> = {
  'refinedet320-mobilenet': ['block13.expand', 'block14.depthwise', 'extra0.conv', 'tcb5.up'],
  'refinedet320-vgg16': ['conv4_3', 'conv4_3_norm', 'fc6', 'conv6_2', 'tcb5.up', 'odm3.conf'],
  'refinedet320-resnet101': ['res5a.branch1', 'res6.branch2b', 'tcb4.up', 'odm6.inter.branch2a'],
};

/** By how much layers are narrowed: a GPU in software takes minutes for all channels. Keeps multiples of 4. */
const NARROWED: Partial<Record<PresetName, number>> = {
  'refinedet320-mobilenet': 2,
  'refinedet320-vgg16': 8,
  'refinedet320-resnet101': 8,
};

/** Presets that differ in more than the input size. */
export const TRAINED_PRESETS = Object.keys(TRAINED) as PresetName[];

export type GradientArrays = Map<string, Float32Array>;

/** Gradients of a loss that is linear in the heads, by tensor name; keeps no tensors in the backend. */
export async function presetGradients(preset: PresetName): Promise<GradientArrays> {
  const graph = narrow(presetGraph(preset, CLASSES), NARROWED[preset]!);
  const input = tf.randomUniform<tf.Rank.R4>([1, SIDE, SIDE, 3], -1, 1, 'float32', 5);
  const network = new TrainableNetwork(graph, randomWeights(graph, 1));
  const { heads, gradients } = network.record(input, {
    frozen: (layer) => !TRAINED[preset]!.includes(layer),
  });
  const slopes = headSlopes(heads);
  const found = gradients(slopes);
  const arrays: GradientArrays = new Map();
  for (const [name, tensor] of found) arrays.set(name, await tensor.data<'float32'>());
  tf.dispose([input, ...Object.values(heads), ...Object.values(slopes), ...found.values()]);
  network.dispose();
  return arrays;
}

/** The graph with fewer channels in all layers but the heads: every kind and order of layers stays. */
function narrow(graph: Graph, divisor: number): Graph {
  const heads = new Set(Object.values(graph.heads).flat());
  const layers = graph.layers.map((layer) =>
    'filters' in layer && !heads.has(layer.name)
      ? { ...layer, filters: layer.filters / divisor }
      : layer,
  );
  return { ...graph, layers };
}

function headSlopes({
  armLoc,
  armConf,
  odmLoc,
  odmConf,
}: HeadMap<tf.Tensor3D>): HeadMap<tf.Tensor3D> {
  const like = ({ shape }: tf.Tensor3D, seed: number) =>
    tf.randomUniform<tf.Rank.R3>(shape, -1, 1, 'float32', seed);
  return {
    armLoc: like(armLoc, 1),
    armConf: like(armConf, 2),
    odmLoc: like(odmLoc, 3),
    odmConf: like(odmConf, 4),
  };
}

const TOLERANCE = 1e-3;

/**
 * Tensors whose gradients differ, with the difference relative to the norm: single elements may be at
 * the kink of a rectifier.
 */
export function unlike(actual: GradientArrays, expected: GradientArrays): string[] {
  const names = new Set([...actual.keys(), ...expected.keys()]);
  return [...names].flatMap((name) => {
    const [found, values] = [actual.get(name), expected.get(name)];
    if (!found || !values) return `${name} exists on one side only`;
    const difference = norm(values.map((value, i) => value - found[i])) / norm(values);
    return difference < TOLERANCE ? [] : `${name} by ${difference.toPrecision(2)}`;
  });
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
}
