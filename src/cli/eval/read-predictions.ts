/** Reads the files of `--predictions`. */
import path from 'node:path';
import { mapClasses } from '../../datasets/dataset-classes.ts';
import type { Dataset } from '../../datasets/dataset-types.ts';
import { readCocoResults } from '../../evaluation/coco-results.ts';
import { readVocResults } from '../../evaluation/voc-results.ts';
import type { Found } from './found.ts';

/** Whether a path is a file of COCO results; others are VOC files or folders of them. */
export const isCocoResults = (location: string): boolean => /\.json$/i.test(location);

/**
 * Reads predictions. COCO results have the category ids of the dataset, so `--map` renames their
 * classes too; VOC files have the names of the detector.
 * @param whole the dataset as it is on the disk
 * @param chosen the part of it that is evaluated
 * @throws FILE_NOT_FOUND, PREDICTIONS_FORMAT
 */
export async function readPredictions(
  location: string,
  whole: Dataset,
  chosen: Dataset,
  map: ReadonlyMap<string, string> = new Map(),
): Promise<Found> {
  const all = isCocoResults(location)
    ? await readCocoResults(
        location,
        whole,
        whole.classes.map((name) => map.get(name) ?? name),
      )
    : await readVocResults(location, mapClasses(whole, map));
  return {
    predictions: all.onlyImages(chosen.images.map(({ id }) => id)),
    failed: 0,
    about: { model: [['Detections', path.resolve(location)]] },
  };
}
