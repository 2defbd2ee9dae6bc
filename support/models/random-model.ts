/** A small model with random weights: many weak detections, no training needed. */
import { ANCHOR_DEFAULTS } from '../../src/anchors.ts';
import type { Model } from '../../src/model/model.ts';
import { presetByName, presetGraph } from '../../src/model/presets.ts';
import { randomWeights } from './random-weights.ts';

export const RANDOM_MODEL_CLASSES = ['ant', 'bee', 'cat'];

/** @param inputSize pixels per side, a multiple of 64 */
export function randomModel(inputSize = 128, seed = 1): Model {
  const { name, mean, std, channelOrder } = presetByName('refinedet320-mobilenet');
  const graph = presetGraph(name, RANDOM_MODEL_CLASSES.length);
  return {
    config: {
      preset: name,
      inputHeight: inputSize,
      inputWidth: inputSize,
      mean,
      std,
      channelOrder,
      classes: RANDOM_MODEL_CLASSES,
      anchors: ANCHOR_DEFAULTS,
      provenance: { note: 'random weights, for tests' },
    },
    graph,
    weights: randomWeights(graph, seed),
  };
}
