/** The interface of a replica of the network. All arguments are plain data that can be sent. */
import type { Threads } from '../../backend/wasm.ts';
import type { Detection } from '../../boxes.ts';
import type { DatasetImage } from '../../datasets/dataset-types.ts';
import type { Model } from '../../model/model.ts';
import type { AugmentationOptions } from '../augmentation/augmentation-options.ts';
import type { Draw } from '../data/sampling.ts';
import type { LossParts, ModuleCounts } from '../loss/detection-loss.ts';
import type { LossOptions } from '../loss/loss-options.ts';
import type { DifficultBoxes } from '../loss/truth.ts';

export interface ReplicaSetup {
  model: Model;
  /** Network that the model learns from, with the same input, anchors and classes. */
  teacher?: Model;
  /** Training images; draws refer to them by index. */
  images: readonly DatasetImage[];
  augmentation: AugmentationOptions;
  difficult: DifficultBoxes;
  loss: LossOptions;
  seed: number;
  /** Threads of the replica's own backend. */
  threads: Threads;
}

/** Buffers in the layout of the parameters; each use gets a new view, because memory may move. */
export interface SharedBuffers {
  /** Weights, written by the optimizer. */
  weights(): Float32Array;
  /** Gradients of this replica. */
  gradients(): Float32Array;
  /** Averaged weights, for evaluation. */
  averages(): Float32Array;
}

/** Part of a batch. */
export interface SliceJob {
  draws: readonly Draw[];
  /** Side of the network input in pixels. */
  inputSize: number;
}

export interface SliceResult {
  /** Parts of the loss, normalized by the whole batch, so that the slices add up. */
  parts: LossParts;
  /** Reports of images that could not be read and were replaced. */
  warnings: string[];
  /** Milliseconds in the forward and backward pass. */
  computeMs: number;
}

/** A replica of the network; it answers calls in order. */
export interface Replica {
  /** Decodes and augments the images of the next step. */
  prepare(job: SliceJob): Promise<void>;
  /**
   * Runs the network on the prepared images and matches its anchors.
   * @param frozen names of layers that do not learn
   * @returns number of positives of the slice
   */
  match(frozen: readonly string[]): Promise<ModuleCounts>;
  /**
   * Writes the gradients of all other layers to the replica's buffer.
   * @param positives number of positives of the whole batch
   */
  differentiate(positives: ModuleCounts): Promise<SliceResult>;
  /** Loads the averaged weights for {@link detect}. */
  beginDetecting(): Promise<void>;
  /** Detects objects in the image at a path. */
  detect(path: string): Promise<Detection[]>;
  endDetecting(): Promise<void>;
  dispose(): Promise<void>;
}
