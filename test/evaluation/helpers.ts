/** Datasets and predictions small enough to compute by hand. */
import type { Dataset, GroundTruth } from '../../src/datasets/dataset-types.ts';
import { type ImageId, Predictions } from '../../src/evaluation/predictions.ts';

export type Rect = readonly [x: number, y: number, width: number, height: number];
export type Truth = readonly [label: string, rect: Rect, flags?: Partial<GroundTruth>];
export type Found = readonly [label: string, score: number, rect: Rect];

/** Creates a dataset of images by id, in the given order. */
export function makeDataset(
  classes: string[],
  images: ReadonlyMap<ImageId, readonly Truth[]>,
): Dataset {
  return {
    name: 'toy',
    root: '/toy',
    format: 'coco',
    split: 'val',
    classes,
    images: [...images].map(([id, boxes]) => ({
      id,
      fileName: `${id}.jpg`,
      path: `/toy/${id}.jpg`,
      annotationPath: '/toy/val.json',
      width: 640,
      height: 480,
      boxes: boxes.map(([label, [x, y, width, height], flags]) => ({
        classId: classes.indexOf(label),
        box: { x, y, width, height },
        difficult: false,
        crowd: false,
        ...flags,
      })),
    })),
    warnings: [],
  };
}

export function makePredictions(
  classes: string[],
  images: ReadonlyMap<ImageId, readonly Found[]>,
): Predictions {
  const predictions = new Predictions(classes);
  for (const [id, found] of images) {
    predictions.add(
      id,
      found.map(([label, score, [x, y, width, height]]) => ({
        label,
        classId: classes.indexOf(label),
        score,
        box: { x, y, width, height },
      })),
    );
  }
  return predictions;
}

/** Creates a dataset and predictions of one image, 1, and one class, `cat`. */
export function oneImage(truth: readonly [Rect, Partial<GroundTruth>?][], found: [number, Rect][]) {
  return {
    dataset: makeDataset(
      ['cat'],
      new Map([[1, truth.map(([rect, flags]) => ['cat', rect, flags] as const)]]),
    ),
    predictions: makePredictions(
      ['cat'],
      new Map([[1, found.map(([score, rect]) => ['cat', score, rect] as const)]]),
    ),
  };
}
