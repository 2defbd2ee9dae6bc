/** Small data: which images are held out to see what the model has learned. */
import type { Dataset } from '../../datasets/dataset-types.ts';
import { splitDataset } from '../../datasets/split-dataset.ts';
import type { TrainingData } from '../data/training-set.ts';

/** With fewer boxes a class is learned by luck. */
const FEW_BOXES = 20;
const HELD_OUT = 0.2;
/** With fewer images nothing can be held out. */
const LEAST_IMAGES = 4;

/**
 * Holds out a fifth of the images, with about a fifth of the boxes of every class.
 * @param seed the same seed gives the same images
 */
export function holdOut(dataset: Dataset, seed = 1): TrainingData {
  if (dataset.images.length < LEAST_IMAGES) return { train: dataset };
  const { splits } = splitDataset(dataset, { val: HELD_OUT, seed });
  const [train, validation] = splits;
  return { train, validation };
}

/** Sentences about what the data is too little for. */
export function dataWarnings({ images, classes }: Dataset): string[] {
  const counts = classes.map(() => 0);
  for (const { boxes } of images) for (const { classId } of boxes) counts[classId]++;
  const few = classes.flatMap((name, i) =>
    counts[i] < FEW_BOXES ? [`${name}: ${counts[i]}`] : [],
  );
  const warnings: string[] = [];
  if (few.length > 0) {
    warnings.push(
      `below ${FEW_BOXES} boxes a class is learned by luck; label more of ${few.join(', ')}`,
    );
  }
  if (images.length < LEAST_IMAGES) {
    warnings.push(`with ${images.length} images nothing can be held out: the score stays unknown`);
  }
  return warnings;
}
