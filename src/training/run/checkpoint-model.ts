/** The model of a run that was stopped before its first evaluation. */
import { writeModel } from '../../weights/model-file.ts';
import { layOutParameters, readWeights } from '../memory/parameter-layout.ts';
import type { RunStore } from './run-store.ts';
import { readCheckpoint, resumedModel } from './training-run.ts';

/**
 * Encodes the averaged weights of the checkpoint in a store.
 * @throws CHECKPOINT_MISMATCH, FILE_NOT_FOUND
 */
export async function checkpointModel(store: RunStore): Promise<Uint8Array> {
  const checkpoint = await readCheckpoint(store);
  const model = resumedModel(checkpoint);
  const weights = readWeights(checkpoint.trainer.averages, layOutParameters(model.graph));
  return writeModel({ ...model, weights });
}
