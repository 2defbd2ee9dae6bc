/** The steps that carry out a graph: its layers, additions merged into the convolutions before them. */
import {
  type Activation,
  type AddLayer,
  type ConvLayer,
  type FeatureShape,
  type Graph,
  inferShapes,
  type Layer,
  layerInputs,
  parameterShapes,
} from './graph.ts';

/** A layer to run. Its output may go by another name than the layer's. */
export interface Step {
  /** The map that the step yields. */
  name: string;
  layer: Layer;
  /** Maps that it reads; a convolution with two adds the second to its result. */
  inputs: readonly string[];
  activation?: Activation;
  /** Names of the layer's tensors. */
  tensors: readonly string[];
  /** Whether it is a convolution to compute by Winograd's minimal filtering where there is a kernel. */
  winograd?: boolean;
}

/** Pixels a side that steps are planned for; they run with any other size too. */
const PLANNED_SIZE = 320;
/** The points of a filter take four times its memory; few tiles do not pay for reading them. */
const MIN_TILES = 16;
/** Outputs of a tile in either direction. */
const TILE_SIZE = 4;

/** All layers but the input, in an order in which they can be carried out. */
export function planSteps(graph: Graph): Step[] {
  const merged = mergeableAdditions(graph);
  const carriedOut = new Set([...merged.values()].map(({ name }) => name));
  const tensors = tensorsByLayer(graph);
  const shapes = inferShapes(graph, PLANNED_SIZE, PLANNED_SIZE);
  return graph.layers.slice(1).flatMap((layer): Step[] => {
    if (carriedOut.has(layer.name)) return [];
    const activation = 'activation' in layer ? layer.activation : undefined;
    const conv = merged.get(layer.name);
    const winograd = suitsWinograd(conv ?? layer, shapes);
    const step = { name: layer.name, activation, winograd };
    if (!conv) {
      const own = tensors.get(layer.name) ?? [];
      return [{ ...step, layer, inputs: layerInputs(layer), tensors: own }];
    }
    const residual = (layer as AddLayer).inputs.find((input) => input !== conv.name)!;
    const inputs = [conv.input, residual];
    return [{ ...step, layer: conv, inputs, tensors: tensors.get(conv.name)! }];
  });
}

function suitsWinograd(layer: Layer, shapes: ReadonlyMap<string, FeatureShape>): boolean {
  if (layer.op !== 'conv') return false;
  const { kernel, stride, dilation } = layer;
  const [height, width] = shapes.get(layer.name)!;
  const [, , channels] = shapes.get(layer.input)!;
  const tiles = Math.ceil(height / TILE_SIZE) * Math.ceil(width / TILE_SIZE);
  const isPlain = kernel === 3 && stride === 1 && dilation === 1;
  return isPlain && channels % 4 === 0 && tiles >= MIN_TILES;
}

function tensorsByLayer(graph: Graph): Map<string, string[]> {
  const tensors = new Map<string, string[]>();
  for (const name of parameterShapes(graph).keys()) {
    const layer = name.slice(0, name.lastIndexOf('.'));
    tensors.set(layer, [...(tensors.get(layer) ?? []), name]);
  }
  return tensors;
}

/** Additions, by name, one of whose terms is a plain convolution that nothing else reads. */
function mergeableAdditions(graph: Graph): Map<string, ConvLayer> {
  const readers = new Map<string, number>();
  for (const name of [...graph.layers.flatMap(layerInputs), ...Object.values(graph.heads).flat()]) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  const layers = new Map(graph.layers.map((layer) => [layer.name, layer]));
  const merged = new Map<string, ConvLayer>();
  for (const layer of graph.layers) {
    if (layer.op !== 'add') continue;
    const term = layer.inputs
      .map((name) => layers.get(name)!)
      .findLast(
        (input): input is ConvLayer =>
          input.op === 'conv' &&
          !input.activation &&
          !input.batchNorm &&
          readers.get(input.name) === 1,
      );
    if (term) merged.set(layer.name, term);
  }
  return merged;
}
