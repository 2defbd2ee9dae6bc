/** Public API of `refinedet/train` in Node. */
import type { TrainOptions } from './config/types.ts';
import { nodeHost } from './node/host.ts';
import type { StepRecord } from './records.ts';
import { type TrainCallOptions, trainOn } from './train.ts';

/** Trains a detector; see {@link trainOn}. */
export function train(
  options: TrainOptions,
  call?: TrainCallOptions,
): AsyncGenerator<StepRecord, void, void> {
  return trainOn(nodeHost, options, call);
}

export * from './api.ts';
export { RunFolder } from './node/run-folder.ts';
