/** The facts of a model that `refinedet info` prints. */
import type { Graph } from '../../model/graph.ts';
import type { ModelConfig } from '../../model/model.ts';
import { PRESETS } from '../../model/presets.ts';
import { summarize } from '../../model/summary.ts';

/** A description of a model, as `--json` prints it. */
export type ModelInfo = ReturnType<typeof modelInfo>;

export function modelInfo(name: string, config: ModelConfig, graph: Graph) {
  const { preset, inputWidth, inputHeight, mean, std, channelOrder, classes, anchors } = config;
  const { layers, ...counts } = summarize(graph, inputHeight, inputWidth);
  return {
    name,
    preset,
    architecture: PRESETS[preset].source,
    input: { width: inputWidth, height: inputHeight, channelOrder, mean, std },
    classes,
    provenance: config.provenance ?? {},
    ...counts,
    anchorOptions: anchors,
    decoding: config.decoding ?? {},
    layers,
  };
}
