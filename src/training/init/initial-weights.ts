/** The initial model of a run: tensors of a weight file, and fresh tensors for the rest. */
import { ANCHOR_DEFAULTS } from '../../anchors.ts';
import { foldBatchNorm, withoutBatchNorm } from '../../model/fold.ts';
import {
  type Graph,
  type Layer,
  layerOf,
  parameterShapes,
  type Weights,
} from '../../model/graph.ts';
import type { Model, ModelConfig } from '../../model/model.ts';
import { presetByName, presetGraph } from '../../model/presets.ts';
import { importModel } from '../../weights/convert-weights.ts';
import { isModelFile, readModel } from '../../weights/model-file.ts';
import { readTensors } from '../../weights/tensor-file.ts';
import type { SourceTensors } from '../../weights/weight-source.ts';
import type { TrainConfig } from '../config/train-config.ts';
import { freshWeights } from './fresh-weights.ts';
import { initializeLaterals } from './initial-laterals.ts';
import { narrowWeights } from './narrow-weights.ts';
import { widenWeights } from './widen-weights.ts';

export interface InitialModel {
  /** Graph with batch normalization folded. */
  model: Model;
  /** Names of the tensors from the file. */
  kept: string[];
  /** Those of them that have fewer channels than in the file. */
  narrowed: string[];
  /** Those of them that have more. */
  widened: string[];
  /** Names of the fresh tensors. */
  fresh: string[];
}

/** Model that its preset and a configuration describe. */
type Input = Pick<ModelConfig, 'mean' | 'std' | 'channelOrder' | 'anchors' | 'provenance'> &
  Partial<Pick<ModelConfig, 'preset' | 'graphOptions' | 'decoding'>>;

/** Content of a weight file. */
interface Found extends Input {
  /** Graph without batch normalization. */
  weights: Weights;
  /** All tensors of the file, when it is a detector of another kind. */
  foreign?: SourceTensors;
}

/**
 * @param classes object classes
 * @param bytes content of `config.init`, if any
 * @throws MODEL_EMPTY, MODEL_FORMAT, MODEL_CORRUPT, PICKLE_FORBIDDEN, INVALID_OPTION
 */
export async function initialModel(
  config: TrainConfig,
  classes: readonly string[],
  bytes?: Uint8Array,
): Promise<InitialModel> {
  const found = bytes && (await readInitial(bytes, config, classes));
  const modelConfig = describe(config, classes, found);
  const { preset, graphOptions } = modelConfig;
  const graph = withoutBatchNorm(presetGraph(preset, classes.length, graphOptions));
  const weights = freshWeights(graph, config.initialization, config.seed);
  if (found?.foreign) initializeLaterals(weights, found.foreign);
  const kept: string[] = [];
  const narrowed: string[] = [];
  const widened: string[] = [];
  const fitted = found && widenWeights(graph, narrowWeights(graph, found.weights), weights);
  for (const [name, shape] of parameterShapes(graph)) {
    const tensor = fitted?.get(name);
    if (tensor?.shape.join() !== shape.join()) continue;
    weights.set(name, tensor);
    kept.push(name);
    const { length } = found!.weights.get(name)!.data;
    if (tensor.data.length < length) narrowed.push(name);
    if (tensor.data.length > length) widened.push(name);
  }
  const fresh = [...weights.keys()].filter((name) => !kept.includes(name));
  return { model: { config: modelConfig, graph, weights }, kept, narrowed, widened, fresh };
}

function describe(
  { preset, graphOptions, inputSizes, loss }: TrainConfig,
  classes: readonly string[],
  found: Input | undefined,
): ModelConfig {
  const { mean, std, channelOrder, name, inputSize } = presetByName(preset);
  const { sizes } = inputSizes.at(-1)!;
  // A network that ends with several sizes serves all of them; it detects with the usual one.
  const side = sizes.includes(inputSize) ? inputSize : Math.max(...sizes);
  const input: Input = found ?? { mean, std, channelOrder, anchors: ANCHOR_DEFAULTS };
  const { provenance: fineTunedFrom } = input;
  const { objectnessThreshold, refineAnchors } = loss;
  // Another preset has widths of its own.
  const isSamePreset = input.preset === name;
  const variants = { ...(isSamePreset && input.graphOptions), ...graphOptions };
  return {
    preset: name,
    ...(Object.keys(variants).length > 0 && { graphOptions: variants }),
    inputHeight: side,
    inputWidth: side,
    mean: input.mean,
    std: input.std,
    channelOrder: input.channelOrder,
    classes,
    anchors: input.anchors,
    decoding: { ...(isSamePreset && input.decoding), objectnessThreshold, refineAnchors },
    ...(fineTunedFrom && { provenance: { fineTunedFrom } }),
  };
}

async function readInitial(
  bytes: Uint8Array,
  { preset }: TrainConfig,
  classes: readonly string[],
): Promise<Found> {
  if (isModelFile(bytes)) {
    const { graph, weights, config } = await readModel(bytes);
    return { ...config, weights: foldBatchNorm(graph, weights).weights };
  }
  const { config, graph, weights } = importModel(bytes, { preset, classes });
  const whole = {
    ...graph,
    layers: graph.layers.filter((layer) => isComplete(layer, graph, weights)),
  };
  return {
    ...config,
    weights: foldBatchNorm(whole, weights).weights,
    foreign: readTensors(bytes).tensors,
  };
}

/** Whether all tensors of a layer are present. */
function isComplete({ name }: Layer, graph: Graph, weights: Weights): boolean {
  const tensors = [...parameterShapes(graph).keys()].filter((tensor) => layerOf(tensor) === name);
  return tensors.every((tensor) => weights.has(tensor));
}
