/** A detector in memory: what the network is, how its input is prepared, and its weights. */
import type { AnchorOptions } from '../anchors.ts';
import type { Decoding } from '../kernels/postprocess-options.ts';
import type { Graph, Weights } from './graph.ts';
import type { GraphOptions } from './graph-options.ts';
import type { PresetName } from './presets.ts';

/** Order of the color channels that the network was trained on. */
export type ChannelOrder = 'RGB' | 'BGR';

/** Everything about a model but its tensors; stored as metadata of the weight file. */
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
   * How the heads are to be read, from how they were trained: what detection does unless its options
   * say otherwise. Default: the released code's values.
   */
  decoding?: Partial<Decoding>;
  /** Where the weights come from: free JSON (training run, source file, license, measured accuracy). */
  provenance?: Record<string, unknown>;
}

/** A network with its weights and all that is known about it. */
export interface Model {
  config: ModelConfig;
  graph: Graph;
  weights: Weights;
}
