/** Any preset with seeded random weights: the same amount of work as a trained model. */
import { ANCHOR_DEFAULTS } from '../../src/anchors.ts';
import { type Graph, parameterShapes, type Weights } from '../../src/model/graph.ts';
import type { GraphOptions } from '../../src/model/graph-options.ts';
import type { Model, ModelConfig } from '../../src/model/model.ts';
import { PRESETS, type PresetName, presetGraph } from '../../src/model/presets.ts';
import { seededRandom } from './random-weights.ts';

export interface PresetModelOptions {
  /** Pixels per side. Default: the preset's. */
  inputSize?: number;
  /** Class names. Default: ant, bee and cat. */
  classes?: readonly string[];
  graphOptions?: GraphOptions;
}

export function presetModel(preset: PresetName, options: PresetModelOptions = {}): Model {
  const config = presetConfig(preset, options);
  const graph = presetGraph(preset, config.classes.length, config.graphOptions);
  return { config, graph, weights: quickWeights(graph) };
}

/** A model too large for memory: tensors with shapes and without values. */
export function hollowModel(preset: PresetName, options: PresetModelOptions): Model {
  const config = presetConfig(preset, options);
  const graph = presetGraph(preset, config.classes.length);
  const data = new Float32Array();
  const shapes = [...parameterShapes(graph)];
  return {
    config,
    graph,
    weights: new Map(shapes.map(([name, shape]) => [name, { shape, data }])),
  };
}

function presetConfig(
  preset: PresetName,
  { inputSize, classes = ['ant', 'bee', 'cat'], graphOptions }: PresetModelOptions,
): ModelConfig {
  const { mean, std, channelOrder, inputSize: own } = PRESETS[preset];
  const size = { inputHeight: inputSize ?? own, inputWidth: inputSize ?? own };
  const preparation = { mean, std, channelOrder };
  return { preset, graphOptions, ...size, ...preparation, classes, anchors: ANCHOR_DEFAULTS };
}

/** A prime: the pool never repeats in step with an axis of a kernel, which would hide errors. */
const POOL_SIZE = 65_537;

/** He-scaled weights from a pool of random numbers: millions of them in a second. */
function quickWeights(graph: Graph): Weights {
  const random = seededRandom(1);
  const pool = Float32Array.from({ length: POOL_SIZE }, () => 2 * random() - 1);
  const weights: Weights = new Map();
  let at = 0;
  for (const [name, shape] of parameterShapes(graph)) {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const fanIn = shape[0] * shape[1] * (shape[3] === 1 ? 1 : shape[2]);
    const spread = shape.length === 4 ? Math.sqrt(6 / fanIn) : 0.1;
    const center = /\.(gamma|variance)$/.test(name) ? 1 : 0;
    for (let i = 0; i < data.length; i++) data[i] = center + spread * pool[at++ % POOL_SIZE];
    weights.set(name, { shape, data });
  }
  return weights;
}
