/** The steps that carry out a graph: its layers, additions merged into the convolutions before them. */
import {
  type Activation,
  type AddLayer,
  type ConvLayer,
  type Graph,
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

/** Size of the depthwise filters that there are kernels for. */
export const DEPTHWISE_KERNEL = 3;

/** All layers but the input, in an order in which they can be carried out. */
export function planSteps(graph: Graph): Step[] {
  const merged = mergeableAdditions(graph);
  const carriedOut = new Set([...merged.values()].map(({ name }) => name));
  const tensors = tensorsByLayer(graph);
  return graph.layers.slice(1).flatMap((layer): Step[] => {
    if (carriedOut.has(layer.name)) return [];
    const activation = 'activation' in layer ? layer.activation : undefined;
    const step = { name: layer.name, activation };
    const conv = merged.get(layer.name);
    if (!conv) {
      const own = tensors.get(layer.name) ?? [];
      return [{ ...step, layer, inputs: layerInputs(layer), tensors: own }];
    }
    const residual = (layer as AddLayer).inputs.find((input) => input !== conv.name)!;
    const inputs = [conv.input, residual];
    return [{ ...step, layer: conv, inputs, tensors: tensors.get(conv.name)! }];
  });
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
export function readerCounts(inputs: readonly string[], { heads }: Graph): Map<string, number> {
  const readers = new Map<string, number>();
  for (const name of [...inputs, ...Object.values(heads).flat()]) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  return readers;
}
