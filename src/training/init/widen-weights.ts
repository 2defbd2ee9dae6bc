/**
 * Weights for a network whose layers have more channels than those of a trained one. The network computes
 * the same at first: layers that were there read nothing from new channels (Net2Net, arXiv 1511.05641, with
 * random new channels instead of copies).
 */
import {
  type Graph,
  type Layer,
  layerInputs,
  layerOf,
  type Weights,
  type WeightTensor,
} from '../../model/graph.ts';

/**
 * Returns the weights with as many channels as the network has. Tensors that already fit, or that have more
 * channels, are returned as they are, and so are those of layers whose output nobody reads: the heads.
 * @param graph the network, without batch normalization
 * @param weights weights of a trained network with layers of the same names
 * @param fresh initial values of all of the network's tensors, for the new channels
 */
export function widenWeights(graph: Graph, weights: Weights, fresh: Weights): Weights {
  const layers = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const read = new Set(graph.layers.flatMap((layer) => layerInputs(layer)));
  const widen = ([name, tensor]: [string, WeightTensor]): [string, WeightTensor] => {
    const target = fresh.get(name);
    if (!target || !isWider(target.shape, tensor.shape)) return [name, tensor];
    const makesNew = target.shape.at(-1) !== tensor.shape.at(-1);
    if (makesNew && !read.has(layerOf(name))) return [name, tensor];
    return [name, embed(tensor, target, layers.get(layerOf(name))!)];
  };
  return new Map([...weights].map(widen));
}

/** Whether a kernel or a bias has more channels than another, and is as large otherwise. */
function isWider(shape: readonly number[], than: readonly number[]): boolean {
  const spatial = shape.length - Math.min(shape.length, 2);
  return (
    shape.length === than.length &&
    shape.join() !== than.join() &&
    shape.every((side, axis) => (axis < spatial ? side === than[axis] : side >= than[axis]))
  );
}

/** Puts a tensor into a fresh one with more channels; what trained filters would read of new ones is 0. */
function embed(trained: WeightTensor, fresh: WeightTensor, layer: Layer): WeightTensor {
  const [inputs, filters] = channels(fresh, layer);
  const [oldInputs, oldFilters] = channels(trained, layer);
  const data = fresh.data.map((value, i) => {
    const filter = i % filters;
    if (filter >= oldFilters) return value;
    const row = Math.floor(i / filters);
    const input = row % inputs;
    if (input >= oldInputs) return 0;
    const position = Math.floor(row / inputs);
    return trained.data[(position * oldInputs + input) * oldFilters + filter];
  });
  return { shape: fresh.shape, data };
}

/** Number of channels that each filter of a tensor reads, and of filters; biases and depthwise filters read one. */
function channels({ shape }: WeightTensor, { op }: Layer): [inputs: number, filters: number] {
  if (shape.length < 4) return [1, shape[0]];
  return op === 'depthwise' ? [1, shape[2]] : [shape[2], shape[3]];
}
