/** The data of a run for training and validation, and notes about it. */
import { warningLines } from '../../datasets/check/findings.ts';
import type { Dataset } from '../../datasets/dataset-types.ts';
import { RefineDetError } from '../../errors.ts';
import type { SamplingOptions } from '../config/train-config.ts';
import { repeatFactors } from './sampling.ts';

/** Training data as objects, for places without folders. */
export interface TrainingData {
  train: Dataset;
  /** Validation data with the classes of `train`; without it, nothing is evaluated. */
  validation?: Dataset;
}

/**
 * Checks the data before a run.
 * @returns sentences about what the run does in a possibly unexpected way
 * @throws DATASET_EMPTY when there are no images, or no boxes to learn from
 */
export function inspectData({ train, validation }: TrainingData, batch: number): string[] {
  const { images, classes } = train;
  if (images.length === 0) {
    throw new RefineDetError('DATASET_EMPTY', `the training data ${train.name} has no images`);
  }
  const counts = classes.map(() => 0);
  for (const { boxes } of images) for (const { classId } of boxes) counts[classId]++;
  if (counts.every((count) => count === 0)) {
    throw new RefineDetError(
      'DATASET_EMPTY',
      `the training data ${train.name} has no boxes of the ${classes.length} classes`,
    );
  }
  const notes = warningLines([...train.warnings, ...(validation?.warnings ?? [])]);
  const absent = classes.filter((_, classId) => counts[classId] === 0);
  if (absent.length > 0) {
    notes.push(
      `no training image shows ${absent.join(', ')}: the model cannot learn these classes`,
    );
  }
  const empty = images.filter(({ boxes }) => boxes.length === 0).length;
  if (empty > 0)
    notes.push(
      `${empty} of ${images.length} training images have no boxes and are trained as background`,
    );
  if (images.length < batch) {
    notes.push(
      `there are ${images.length} training images for a batch of ${batch}: each batch repeats images`,
    );
  }
  const seen = new Set(images.map(({ path }) => path));
  const both = validation?.images.filter(({ path }) => seen.has(path)).length ?? 0;
  if (both > 0) {
    notes.push(
      `${both} of ${validation!.images.length} validation images are also training images: their scores are not meaningful`,
    );
  }
  if (!validation)
    notes.push('without validation data, the run has no evaluation and no best model');
  return notes;
}

/** Expected repeats of each image in an epoch. */
export function sampleWeights(train: Dataset, options: SamplingOptions): Float64Array {
  const labels = train.images.map(({ boxes }) => boxes.map(({ classId }) => classId));
  return repeatFactors(labels, train.classes.length, options);
}
