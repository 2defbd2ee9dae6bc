/**
 * The execution plan of a graph as data: one step for each layer, additions merged into the
 * convolutions before them.
 */
import { RefineDetError } from '../errors.ts';
import {
  type Activation,
  type AddLayer,
  type ConvLayer,
  type DeconvLayer,
  type DepthwiseLayer,
  type Graph,
  type L2NormLayer,
  type Layer,
  layerInputs,
  layerOf,
  type MaxPoolLayer,
  parameterShapes,
} from './graph.ts';

/** Kinds of plan steps that every backend runs: the operations of layers. */
export type LayerKind = Exclude<Layer['op'], 'input'>;

/** What a plan step consists of, by kind. */
interface StepContent {
  /** With a second input, which is added to the result. */
  conv: { layer: ConvLayer };
  /** A convolution computed by Winograd's minimal filtering. */
  winograd: { layer: ConvLayer };
  depthwise: { layer: DepthwiseLayer };
  deconv: { layer: DeconvLayer };
  maxpool: { layer: MaxPoolLayer };
  l2norm: { layer: L2NormLayer };
  add: { layer: AddLayer };
  /**
   * A convolution, a depthwise convolution that is its only reader, and a 1×1 convolution that is the
   * only reader of that: run together, a few lines at a time.
   */
  chain: { parts: readonly [PlanStep<'conv'>, PlanStep<'depthwise'>, PlanStep<'conv'>] };
}

export type StepKind = keyof StepContent;

/** What every plan step has. */
export interface StepBase {
  /** Name of the output map; it may differ from the layer's name. */
  name: string;
  /** Names of the input maps. */
  inputs: readonly string[];
  activation?: Activation;
  /** Names of the tensors, in the order of the layer's parameters. */
  tensors: readonly string[];
}

/** One operation of an execution plan. */
export type PlanStep<K extends StepKind = StepKind> = {
  [P in K]: StepBase & { kind: P } & StepContent[P];
}[K];

/** Size of the depthwise filters that there are kernels for. */
export const DEPTHWISE_KERNEL = 3;

/**
 * Plans all layers but the input, in order of execution.
 * @throws INVALID_ARGUMENT when the graph has a second input
 */
export function planSteps(graph: Graph): PlanStep<LayerKind>[] {
  const merged = mergeableAdditions(graph);
  const mergedConvs = new Set([...merged.values()].map(({ name }) => name));
  const tensors = tensorsByLayer(graph);
  return graph.layers.slice(1).flatMap((layer): PlanStep<LayerKind>[] => {
    if (layer.op === 'input') {
      throw new RefineDetError('INVALID_ARGUMENT', `"${layer.name}" must be the first layer`);
    }
    if (mergedConvs.has(layer.name)) return [];
    const activation = 'activation' in layer ? layer.activation : undefined;
    const step = { name: layer.name, activation };
    const conv = merged.get(layer.name);
    if (!conv) {
      const own = tensors.get(layer.name) ?? [];
      const content = { kind: layer.op, layer, inputs: layerInputs(layer), tensors: own };
      // The compiler cannot see that the kind is the one of this layer.
      return [{ ...step, ...content } as PlanStep<LayerKind>];
    }
    const residual = (layer as AddLayer).inputs.find((input) => input !== conv.name)!;
    const inputs = [conv.input, residual];
    return [{ ...step, kind: 'conv', layer: conv, inputs, tensors: tensors.get(conv.name)! }];
  });
}

function tensorsByLayer(graph: Graph): Map<string, string[]> {
  const tensors = new Map<string, string[]>();
  for (const name of parameterShapes(graph).keys()) {
    const layer = layerOf(name);
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
 * Counts how often each map is read.
 * @param inputs all inputs of the layers or plan steps
 */
export function readerCounts(inputs: readonly string[], { heads }: Graph): Map<string, number> {
  const readers = new Map<string, number>();
  for (const name of [...inputs, ...Object.values(heads).flat()]) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  return readers;
}
