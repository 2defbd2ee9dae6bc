/** Public API of `refinedet/train` in browsers: best called in a web worker. */
import { browserHost } from './browser/browser-host.ts';
import type { TrainOptions } from './config/train-config.ts';
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
  return trainOn(browserHost, options, call);
}

export * from './api.ts';
