/** Scores a detector on a dataset by all three metrics. */
import { selectClasses } from '../../src/datasets/dataset-classes.ts';
import type { Dataset } from '../../src/datasets/dataset-types.ts';
import { type DatasetDetector, evaluateDetector } from '../../src/evaluation/detect-dataset.ts';
import { evaluate } from '../../src/evaluation/evaluate.ts';
import type { SplitAccuracy } from './results.ts';

/** Leaves out boxes of classes that the detector does not have. */
export async function score(detector: DatasetDetector, whole: Dataset): Promise<SplitAccuracy> {
  const known = whole.classes.filter((label) => detector.classes.includes(label));
  const dataset = selectClasses(whole, known);
  const { predictions, result, seconds } = await evaluateDetector(detector, dataset, {
    metric: 'voc07',
  });
  return {
    data: `${whole.name} ${whole.split}`,
    images: dataset.images.length,
    boxes: Object.fromEntries(known.map((label, classId) => [label, boxCount(dataset, classId)])),
    voc07: result.perClass,
    voc12: evaluate(dataset, predictions, { metric: 'voc12' }).perClass,
    coco: evaluate(dataset, predictions, { metric: 'coco' }).perClass,
    millisecondsAImage: (1000 * seconds) / dataset.images.length,
  };
}

/** Boxes that count: those that are not difficult. */
function boxCount({ images }: Dataset, classId: number): number {
  const boxes = images.flatMap((image) => image.boxes);
  return boxes.filter((box) => box.classId === classId && !box.difficult).length;
}
