/** What the gradient of one step is computed from, and what comes out. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../../model/graph.ts';

/** One step of a forward pass, seen from behind. */
export interface Call<Layer> {
  layer: Layer;
  activation: Activation | undefined;
  /** Of a batch normalization: whether it used the statistics of the batch. */
  batchStatistics: boolean;
  /** The maps that the step has read. */
  maps: readonly tf.Tensor4D[];
  /** The layer's tensors. */
  tensors: readonly tf.Tensor[];
  output: tf.Tensor4D;
  /** Of the output. */
  gradient: tf.Tensor4D;
  wanted: Wanted;
  /** Gradients that other readers of the maps have left, to be included in the results. */
  sums: readonly (tf.Tensor4D | undefined)[];
}

/** Which gradients a step has to yield. */
export interface Wanted {
  maps: readonly boolean[];
  tensors: boolean;
}

/** Fresh tensors that the caller disposes. */
export type Gradients = {
  /** For each wanted map, undefined for the others. */
  maps: (tf.Tensor4D | undefined)[];
  /** For each tensor, when wanted; else empty. Statistics of a batch normalization have none. */
  tensors: tf.Tensor[];
};
