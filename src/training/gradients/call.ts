/** What the gradient of one plan step is computed from, and what comes out. */
import type * as tf from '@tensorflow/tfjs-core';

/** One plan step of a forward pass, as the reverse pass sees it. */
export interface Call<Step> {
  step: Step;
  /** The maps that the step has read. */
  maps: readonly tf.Tensor4D[];
  /** The tensors that the step has run with. */
  tensors: readonly tf.Tensor[];
  output: tf.Tensor4D;
  /** Gradient of the output. */
  gradient: tf.Tensor4D;
  wanted: Wanted;
  /** Gradients from other readers of the maps, to be included in the results. */
  sums: readonly (tf.Tensor4D | undefined)[];
}

/** The gradients that a step has to return. */
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
