/** The facts of a model that `refinedet info` prints. */
import type { Model } from '../../model/model.ts';
import { decodingOf, PRESETS } from '../../model/presets.ts';
import { summarize } from '../../model/summary.ts';

/** A description of a model, as `--json` prints it. */
export type ModelInfo = ReturnType<typeof modelInfo>;

/** A description in a list, without the layers. */
export type ListedInfo = Omit<ModelInfo, 'layers'>;

/** The parts of a model that its description needs. */
export type Described = Pick<Model, 'config' | 'graph' | 'quantization'>;

export function modelInfo(name: string, { config, graph, quantization }: Described) {
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
    decoding: decodingOf(config),
    compute: quantization ? ['float32', 'int8'] : ['float32'],
    layers,
  };
}
