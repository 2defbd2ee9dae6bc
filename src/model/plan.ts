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
  /**
   * Steps to carry out together with it, a few lines at a time: a convolution, then a depthwise one
   * that only this 1×1 convolution reads. The tensors of all three are the step's, in this order.
   */
  before?: readonly [first: Step, depthwise: Step];
}

/** Pixels a side that steps are planned for; they run with any other size too. */
const PLANNED_SIZE = 320;
/** The points of a filter take four times its memory; few tiles do not pay for reading them. */
const MIN_TILES = 16;
/** Outputs of a tile in either direction. */
const TILE_SIZE = 4;

/** Floats of a map that is better not written as a whole: a part of what a second-level cache holds. */
const LARGE_MAP = 1 << 18;
/** Size of the depthwise filters that there are kernels for. */
export const DEPTHWISE_KERNEL = 3;

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

/**
 * The same steps, those chained whose large maps in between need not be kept: inverted residuals, say.
 * For inference with the layer kernels; every value is the same.
 */
export function chainSteps(steps: readonly Step[], graph: Graph): Step[] {
  const inputs = steps.flatMap((step) => step.inputs);
  const readers = readerCounts(inputs, graph);
  const byName = new Map(steps.map((step) => [step.name, step]));
  const onlyReadHere = (name: string) => (readers.get(name) === 1 ? byName.get(name) : undefined);
  const shapes = inferShapes(graph, PLANNED_SIZE, PLANNED_SIZE);
  const isLarge = (name: string) => shapes.get(name)!.reduce((a, b) => a * b) >= LARGE_MAP;
  const chained = new Set<Step>();
  const linked = steps.map((last) => {
    const depthwise = isPointwise(last.layer) && onlyReadHere(last.inputs[0]);
    if (!depthwise || !isDepthwise(depthwise.layer)) return last;
    const first = onlyReadHere(depthwise.inputs[0]);
    if (!first || !isPlainConv(first) || !isLarge(first.name)) return last;
    chained.add(first).add(depthwise);
    const tensors = [first, depthwise, last].flatMap((step) => step.tensors);
    const inputs = [...first.inputs, ...last.inputs.slice(1)];
    return { ...last, inputs, tensors, before: [first, depthwise] as const };
  });
  return linked.filter((_, i) => !chained.has(steps[i]));
}

function isPlainConv({ layer, inputs, winograd, before }: Step): boolean {
  return layer.op === 'conv' && inputs.length === 1 && !winograd && !before;
}

function isDepthwise(layer: Layer): boolean {
  return layer.op === 'depthwise' && layer.kernel === DEPTHWISE_KERNEL;
}

/** Whether each output is made from the one pixel at its place. */
function isPointwise(layer: Layer): boolean {
  return (
    layer.op === 'conv' && layer.kernel === 1 && layer.stride === 1 && !(Number(layer.padding) > 0)
  );
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
  const readers = readerCounts(graph.layers.flatMap(layerInputs), graph);
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

/**
 * How often each map is read.
 * @param inputs that layers, or steps, read
 */
function readerCounts(inputs: readonly string[], { heads }: Graph): Map<string, number> {
  const readers = new Map<string, number>();
  for (const name of [...inputs, ...Object.values(heads).flat()]) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  return readers;
}
