/** Converts a foreign weight file to a model: the import behind `refinedet convert`. */
import { ANCHOR_DEFAULTS } from '../anchors.ts';
import { RefineDetError } from '../errors.ts';
import { foldBatchNorm } from '../model/fold.ts';
import type { Graph } from '../model/graph.ts';
import type { Model, ModelConfig } from '../model/model.ts';
import { presetByName, presetGraph } from '../model/presets.ts';
import { chooseLayout, type Fit, matchTensors, readWeights, requireComplete } from './import.ts';
import type { Layout } from './importers/layout.ts';
import { parseModelConfig } from './model-config.ts';
import { readTensors } from './tensor-file.ts';

export interface ImportOptions {
  preset: string;
  /** Object class names in the order of the file's class scores, without background. */
  classes: readonly string[];
  /** `safetensors`, `torch` or `caffe`; default: detected. */
  format?: string;
  /** Name of a layout; default: recognized by tensor names. */
  layout?: string;
  /** Network input in pixels, multiples of 64; default: the preset's. */
  inputHeight?: number;
  inputWidth?: number;
  /** Added to the provenance of the weights. */
  provenance?: Record<string, unknown>;
}

/** The part of a model that a file holds, a backbone for example. */
export interface ImportedModel extends Model, Fit {
  /** Name of the layout. */
  layout: string;
}

/**
 * Reads the weights of a model that a file holds: the start of a training. The graph keeps its batch
 * normalization, and `weights` lacks the tensors listed as missing or mismatched.
 * @throws MODEL_EMPTY, MODEL_FORMAT, MODEL_CORRUPT, PICKLE_FORBIDDEN, UNKNOWN_PRESET,
 * INVALID_OPTION
 */
export function importModel(bytes: Uint8Array, options: ImportOptions): ImportedModel {
  const { config, graph, layout, matched, ...fit } = match(bytes, options);
  return { config, graph, weights: readWeights(matched), layout: layout.name, ...fit };
}

/**
 * Reads a complete detector, with its batch normalization folded.
 * @throws as {@link importModel}, and WEIGHTS_MISMATCH naming tensors that are missing, unexpected
 * or of a wrong shape
 */
export function convertModel(bytes: Uint8Array, options: ImportOptions): Model {
  const { config, graph, layout, matched, ...fit } = match(bytes, options);
  requireHeads(graph, fit.missing, layout);
  requireComplete(fit, `${config.preset} with ${config.classes.length} classes`);
  return { config, ...foldBatchNorm(graph, readWeights(matched)) };
}

function match(bytes: Uint8Array, options: ImportOptions) {
  const { preset } = options;
  presetByName(preset); // first, for the clearer error
  const { format, tensors } = readTensors(bytes, options.format);
  const layout = chooseLayout(tensors, format, preset, options.layout);
  const config = modelConfig(options, layout);
  const graph = presetGraph(preset, config.classes.length, config.graphOptions);
  return { config, graph, layout, ...matchTensors(tensors, graph, layout) };
}

function modelConfig(options: ImportOptions, layout: Layout): ModelConfig {
  const { name, inputSize, mean, std, channelOrder } = presetByName(options.preset);
  const config = {
    preset: name,
    graphOptions: layout.graphOptions,
    inputHeight: options.inputHeight ?? inputSize,
    inputWidth: options.inputWidth ?? inputSize,
    ...(layout.preprocessing ?? { mean, std, channelOrder }),
    classes: options.classes,
    anchors: { ...ANCHOR_DEFAULTS, clip: layout.clipAnchors ?? false },
    provenance: { importedFrom: layout.source, layout: layout.name, ...options.provenance },
  };
  try {
    return parseModelConfig(config);
  } catch (cause) {
    // The options are wrong: everything else is constant.
    throw new RefineDetError('INVALID_OPTION', (cause as Error).message, { cause });
  }
}

function requireHeads({ heads }: Graph, missing: readonly string[], layout: Layout): void {
  const absent = new Set(missing);
  if (!heads.odmConf.every((name) => absent.has(`${name}.weight`))) return;
  throw new RefineDetError(
    'WEIGHTS_MISMATCH',
    `the file holds only a backbone (layout ${layout.name}): ${missing.length} tensors are missing, such as ${missing.at(-1)}; train from it instead`,
    { details: missing.map((name) => `missing: ${name}`) },
  );
}
