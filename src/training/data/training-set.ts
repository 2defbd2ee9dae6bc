/** What a run trains and is judged on, and what is worth knowing about it beforehand. */
import type { Dataset } from '../../datasets/dataset-types.ts';
import { RefineDetError } from '../../errors.ts';
import type { SamplingOptions } from '../config/train-config.ts';
import { repeatFactors } from './sampling.ts';

/** The data of a training as objects, where there are no folders. */
export interface TrainingData {
  train: Dataset;
  /** With the classes of `train`; absent: nothing is evaluated. */
  validation?: Dataset;
}

/**
 * Checks data before a run.
 * @returns sentences on what the run will do differently from what one might expect
 * @throws DATASET_EMPTY when there is no image, or no box to learn from
 */
export function inspectData({ train, validation }: TrainingData, batch: number): string[] {
  const { images, classes } = train;
  if (images.length === 0) {
    throw new RefineDetError('DATASET_EMPTY', `the training data ${train.name} have no images`);
  }
  const counts = classes.map(() => 0);
  for (const { boxes } of images) for (const { classId } of boxes) counts[classId]++;
  if (counts.every((count) => count === 0)) {
    throw new RefineDetError(
      'DATASET_EMPTY',
      `the training data ${train.name} have no box of the ${classes.length} classes to learn`,
    );
  }
  const notes = [...train.warnings, ...(validation?.warnings ?? [])].map(
    ({ message, file, line }) =>
      `${file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `}${message}`,
  );
  const absent = classes.filter((_, classId) => counts[classId] === 0);
  if (absent.length > 0) {
    notes.push(`no training image shows ${absent.join(', ')}: what is never seen is never found`);
  }
  const empty = images.filter(({ boxes }) => boxes.length === 0).length;
  if (empty > 0) notes.push(`${empty} training images have no boxes and count as background`);
  if (images.length < batch) {
    notes.push(
      `the ${images.length} training images are fewer than the batch of ${batch}: a batch repeats them`,
    );
  }
  const seen = new Set(images.map(({ path }) => path));
  const both = validation?.images.filter(({ path }) => seen.has(path)).length ?? 0;
  if (both > 0)
    notes.push(`${both} validation images are trained on too: their scores tell nothing`);
  if (!validation) notes.push('without validation data there is no evaluation and no best model');
  return notes;
}

/** Wanted repeats of each image in an epoch. */
export function sampleWeights(train: Dataset, options: SamplingOptions): Float64Array {
  const labels = train.images.map(({ boxes }) => boxes.map(({ classId }) => classId));
  return repeatFactors(labels, train.classes.length, options);
}
