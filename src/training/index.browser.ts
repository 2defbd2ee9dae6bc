/** Public API of `refinedet/train` in browsers: best called in a web worker. */
import { browserHost } from './browser/host.ts';
import type { TrainOptions } from './config/types.ts';
import type { StepRecord } from './records.ts';
import { type TrainCallOptions, trainOn } from './train.ts';

/** Trains a detector; see {@link trainOn}. */
export function train(
  options: TrainOptions,
  call?: TrainCallOptions,
): AsyncGenerator<StepRecord, void, void> {
  return trainOn(browserHost, options, call);
}

export * from './api.ts';
