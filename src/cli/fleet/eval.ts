/** `refinedet fleet eval`. */
import type { Dataset } from '../../datasets/dataset-types.ts';
import { RefineDetError } from '../../errors.ts';
import { Predictions } from '../../evaluation/predictions.ts';
import { Manifest } from '../../fleet/manifest.ts';
import { isFailedImage, mergedImages } from '../../fleet/merge-shards.ts';
import { Storage } from '../../fleet/storage/storage.ts';
import type { Found } from '../eval/found.ts';
import { scoreDetections } from '../eval/run-eval.ts';
import { interruptSignal } from '../interrupt.ts';
import { counted } from '../printable.ts';
import { warn } from '../terminal.ts';
import type { FleetEvalFlags } from './fleet-options.ts';
import { imageIds, urisOf } from './image-ids.ts';

/** @throws the codes of `eval`; MANIFEST_FORMAT, SHARDS_FAILED, FETCH_FAILED */
export async function runFleetEval(uri: string, flags: FleetEvalFlags): Promise<void> {
  await scoreDetections(flags, ({ dataset }) => findDetections(uri, dataset));
}

async function findDetections(uri: string, dataset: Dataset): Promise<Found> {
  const signal = interruptSignal();
  const storage = new Storage();
  const manifest = await Manifest.open(uri, storage, signal);
  const predictions = new Predictions(manifest.header.model.classes);
  const idOf = await imageIds(dataset, urisOf(manifest, signal));
  let failed = 0;
  let others = 0;
  for await (const { value } of mergedImages(manifest, storage, signal)) {
    const id = idOf(value.file);
    if (id === undefined) others++;
    else if (isFailedImage(value)) failed++;
    else predictions.add(id, value.detections);
  }
  const found = predictions.imageIds.length + failed;
  const absent = dataset.images.length - found;
  if (found === 0) {
    const message = `the manifest has no image of the dataset "${dataset.name}" (${dataset.split})`;
    throw new RefineDetError('PREDICTIONS_FORMAT', message);
  }
  if (absent > 0)
    warn(
      `${counted(absent, 'image')} of the dataset are not in the manifest, and count as without detections`,
    );
  if (others > 0)
    warn(`${counted(others, 'image')} of the manifest are not in the dataset, and do not count`);
  return { predictions, failed, about: { model: [['Run', uri]] } };
}
