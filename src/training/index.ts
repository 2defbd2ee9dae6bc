/**
 * Public API of `refinedet/train` in Node.
 * @module refinedet/train
 */
import type { TrainOptions } from './config/train-config.ts';
import { nodeHost } from './node/node-host.ts';
import type { StepRecord } from './run/step-record.ts';
import { type TrainCallOptions, trainOn } from './run/train.ts';

/**
 * Trains a detector. Yields every finished step; the run ends when the consumer stops iterating.
 * @param options see {@link TrainConfig} for the defaults; with `resume` only `epochs`, `steps` and
 *   `evaluation.patience` count
 * @throws INVALID_OPTION, UNKNOWN_PRESET, UNKNOWN_CLASS, DATASET_*, FILE_*, MODEL_*,
 *   TRAINING_DIVERGED, CHECKPOINT_MISMATCH, BACKEND_UNAVAILABLE, MISSING_DEPENDENCY,
 *   OUT_OF_MEMORY
 */
export function train(
  options: TrainOptions,
  call?: TrainCallOptions,
): AsyncGenerator<StepRecord, void, void> {
  return trainOn(nodeHost, options, call);
}

export * from './api.ts';
export { RunFolder } from './node/run-folder.ts';
