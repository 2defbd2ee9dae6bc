/** A detector in memory: its network, its pre-processing and its weights. */
import type { AnchorOptions } from '../anchors.ts';
import type { Decoding } from '../kernels/postprocess-options.ts';
import type { Graph, Weights } from './graph.ts';
import type { GraphOptions } from './graph-options.ts';
import type { Quantization } from './int8/quantization.ts';
import type { ChannelOrder, PresetName } from './presets.ts';

/** Everything about a model except its tensors; stored as metadata of the weight file. */
export interface ModelConfig {
  preset: PresetName;
  /** Variants of the preset's graph. */
  graphOptions?: GraphOptions;
  /** Network input in pixels, multiples of 64. */
  inputHeight: number;
  inputWidth: number;
  /** Per channel, in `channelOrder`: the network reads (pixel - mean) / std, pixels 0..255. */
  mean: readonly [number, number, number];
  std: readonly [number, number, number];
  channelOrder: ChannelOrder;
  /** Object class names; background is not listed (the network's class 0). */
  classes: readonly string[];
  anchors: AnchorOptions;
  /**
   * How detection decodes the heads when its options do not say; it depends on how they were trained.
   * Default: the preset's values, else the released code's.
   */
  decoding?: Partial<Decoding>;
  /** Where the weights come from: free JSON (training run, source file, license, measured accuracy). */
  provenance?: Record<string, unknown>;
}

/** A network with its weights and its configuration. */
export interface Model {
  config: ModelConfig;
  graph: Graph;
  weights: Weights;
  /** Present in a calibrated model, which can run in 8 bits. */
  quantization?: Quantization;
}

/** A model without its numbers: all that a detector keeps once its engine has them. */
export type Architecture = Pick<Model, 'config' | 'graph'>;

export const architectureOf = ({ config, graph }: Model): Architecture => ({ config, graph });
