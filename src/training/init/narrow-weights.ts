/**
 * Weights for a network whose layers have fewer channels than those of a trained one: the channels with
 * the largest weights are kept (as in arXiv 1608.08710, here those that make a channel and those that
 * read it).
 */
import {
  channelsByLayer,
  type Graph,
  type Layer,
  layerInputs,
  layerOf,
  type Weights,
  type WeightTensor,
} from '../../model/graph.ts';

/** Layers with the same channels, because they pass them on or add them. */
interface Group {
  layers: Layer[];
  /** Convolutions that read the channels. */
  readers: Layer[];
}

/**
 * Returns the weights with as many channels as the network has. Tensors that already fit, or that have
 * fewer channels, are returned as they are.
 * @param graph the network, without batch normalization
 * @param weights weights of a trained network with layers of the same names
 */
export function narrowWeights(graph: Graph, weights: Weights): Weights {
  const layers = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const counts = channelsByLayer(graph);
  const kept = new Map<string, readonly number[]>();
  for (const group of channelGroups(graph)) {
    const chosen = strongest(group, counts.get(group.layers[0].name)!, weights);
    if (chosen) for (const { name } of group.layers) kept.set(name, chosen);
  }
  const narrow = ([name, tensor]: [string, WeightTensor]): [string, WeightTensor] => {
    const layer = layers.get(layerOf(name));
    if (!layer) return [name, tensor];
    const made = kept.get(layer.name);
    const read = layer.op === 'depthwise' ? made : kept.get(layerInputs(layer)[0]);
    const axes =
      tensor.shape.length < 4
        ? [made]
        : [undefined, undefined, read, layer.op === 'depthwise' ? undefined : made];
    return [name, take(tensor, axes)];
  };
  return new Map([...weights].map(narrow));
}

function channelGroups(graph: Graph): Group[] {
  const groups = new Map<string, Group>();
  for (const layer of graph.layers) {
    const inputs = layerInputs(layer).map((name) => groups.get(name)!);
    if (layer.op === 'input' || makesChannels(layer)) {
      for (const input of inputs) input.readers.push(layer);
      groups.set(layer.name, { layers: [layer], readers: [] });
      continue;
    }
    const [group, ...others] = new Set(inputs);
    group.layers.push(layer);
    groups.set(layer.name, group);
    for (const other of others) {
      group.layers.push(...other.layers);
      group.readers.push(...other.readers);
      for (const { name } of other.layers) groups.set(name, group);
    }
  }
  return [...new Set(groups.values())];
}

/** Returns the indices of the channels to keep, ascending; undefined to keep all, as of the heads. */
function strongest({ layers, readers }: Group, count: number, weights: Weights) {
  if (readers.length === 0) return undefined;
  const kernelsOf = (group: readonly Layer[]) =>
    group.flatMap(({ name }) => weights.get(`${name}.weight`) ?? []);
  const made = kernelsOf(layers.filter(makesChannels));
  const channels = made[0]?.shape[3] ?? 0;
  if (channels <= count || made.some(({ shape }) => shape[3] !== channels)) return undefined;
  const passed = kernelsOf(layers.filter(({ op }) => op === 'depthwise'));
  const read = kernelsOf(readers);
  const norms = [
    sum(made.map((kernel) => channelNorms(kernel, 3))),
    ...passed.map((kernel) => channelNorms(kernel, 2)),
    sum(read.map((kernel) => channelNorms(kernel, 2))),
  ];
  const strength = (channel: number) => norms.reduce((product, norm) => product * norm[channel], 1);
  const order = Array.from({ length: channels }, (_, channel) => channel);
  order.sort((a, b) => strength(b) - strength(a) || a - b);
  return order.slice(0, count).sort((a, b) => a - b);
}

/** Norm of the weights of each channel on an axis. */
function channelNorms({ shape, data }: WeightTensor, axis: number): Float64Array {
  const norms = new Float64Array(shape[axis]);
  const inner = shape.slice(axis + 1).reduce((product, side) => product * side, 1);
  data.forEach((value, i) => {
    norms[Math.floor(i / inner) % shape[axis]] += value * value;
  });
  return norms.map(Math.sqrt);
}

function sum(lists: readonly Float64Array[]): Float64Array {
  return lists[0].map((_, i) => lists.reduce((total, list) => total + list[i], 0));
}

/** @param axes indices to take of each axis; undefined for all */
function take(
  tensor: WeightTensor,
  axes: readonly (readonly number[] | undefined)[],
): WeightTensor {
  return axes.reduce<WeightTensor>(
    (t, indices, axis) => (indices ? takeAxis(t, axis, indices) : t),
    tensor,
  );
}

function takeAxis(
  { shape, data }: WeightTensor,
  axis: number,
  indices: readonly number[],
): WeightTensor {
  const inner = shape.slice(axis + 1).reduce((product, side) => product * side, 1);
  const rows = data.length / (inner * shape[axis]);
  const taken = new Float32Array(rows * indices.length * inner);
  for (let row = 0, at = 0; row < rows; row++) {
    for (const index of indices) {
      const from = (row * shape[axis] + index) * inner;
      taken.set(data.subarray(from, from + inner), at);
      at += inner;
    }
  }
  return { shape: shape.with(axis, indices.length), data: taken };
}

const makesChannels = ({ op }: Layer): boolean => op === 'conv' || op === 'deconv';
