/** What a trainer asks of a replica of the network. All arguments are plain data: they may travel. */
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
  /** Training images; draws name them by index. */
  images: readonly DatasetImage[];
  augmentation: AugmentationOptions;
  difficult: DifficultBoxes;
  loss: LossOptions;
  seed: number;
  /** Of the replica's own backend. */
  threads: Threads;
}

/** Buffers in the layout of the parameters; asked for anew each time, since memory may move. */
export interface SharedBuffers {
  /** Written by the optimizer. */
  weights(): Float32Array;
  /** The replica's own. */
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
  /** Normalized by the whole batch: those of all slices add up. */
  parts: LossParts;
  /** Images that could not be read, and were replaced. */
  warnings: string[];
  /** Milliseconds in forward and reverse pass. */
  computeMs: number;
}

/** Calls are answered in order. */
export interface Replica {
  /** Decodes and augments the images of the next step. */
  prepare(job: SliceJob): Promise<void>;
  /**
   * Runs the network on what is prepared and matches its anchors.
   * @param frozen names of layers that do not learn
   * @returns positives of the slice
   */
  match(frozen: readonly string[]): Promise<ModuleCounts>;
  /**
   * Writes the gradients of all other layers to the replica's buffer.
   * @param positives of the whole batch
   */
  differentiate(positives: ModuleCounts): Promise<SliceResult>;
  /** Takes the averaged weights for {@link detect}. */
  beginDetecting(): Promise<void>;
  /** @param path of an image */
  detect(path: string): Promise<Detection[]>;
  endDetecting(): Promise<void>;
  dispose(): Promise<void>;
}
