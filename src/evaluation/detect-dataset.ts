/** Runs a detector over a dataset. */
import type { Detection } from '../boxes.ts';
import { inOrder } from '../concurrency.ts';
import type { Dataset, DatasetImage } from '../datasets/dataset-types.ts';
import type { DetectOptions } from '../detection/detect-options.ts';
import { type ErrorCode, RefineDetError, throwIfAborted } from '../errors.ts';
import { type EvaluateOptions, type EvaluationResult, evaluate } from './evaluate.ts';
import { Predictions } from './predictions.ts';

/**
 * Lowest score of detections for evaluation, from the released RefineDet code: the low end of the
 * precision-recall curve is part of AP, so the usual 0.5 would lower it.
 */
export const EVALUATION_SCORE_THRESHOLD = 0.01;

/** A detector that can be evaluated: `RefineDet`, or any object of this shape. */
export interface DatasetDetector {
  /** Class names that detections carry as labels. */
  readonly classes: readonly string[];
  /** Number of concurrent calls that keep the detector busy; default 1. */
  readonly concurrency?: number;
  /** Finds the objects of an image. */
  detect(path: string, options: DetectOptions): Promise<readonly Detection[]>;
}

/** Outcome of one image: its detections or its error. */
export interface ImageOutcome {
  /** Index into the list of images that the source received. */
  index: number;
  detections: readonly Detection[];
  error?: RefineDetError;
}

/** Detects in many images and yields outcomes in any order, for example from several workers. */
export type DetectionSource = (
  images: readonly DatasetImage[],
  signal?: AbortSignal,
) => AsyncIterable<ImageOutcome>;

/** Progress of a run over a dataset. */
export interface Progress {
  done: number;
  total: number;
}

/** Progress and cancellation. */
export interface DetectDatasetOptions {
  /** Called after every image. */
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** What a detector found in a dataset. */
export interface DatasetDetections {
  predictions: Predictions;
  /** Images that could not be read, in the order of the dataset; they count as images without detections. */
  failures: { image: DatasetImage; error: RefineDetError }[];
  /** Wall-clock time over all images, reading and decoding included. */
  seconds: number;
}

/** Error codes that concern one image and do not stop the run. */
const IMAGE_ERRORS: ReadonlySet<ErrorCode> = new Set([
  'FILE_NOT_FOUND',
  'IMAGE_EMPTY',
  'IMAGE_FORMAT',
  'IMAGE_CORRUPT',
  'IMAGE_TOO_LARGE',
]);

/** Whether an error concerns one image only. */
export function isImageError(error: unknown): error is RefineDetError {
  return error instanceof RefineDetError && IMAGE_ERRORS.has(error.code);
}

/** Detects in the images in their order; one that cannot be read does not stop the rest. */
export function detectInOrder(
  detector: DatasetDetector,
  options: DetectOptions = {},
): DetectionSource {
  return async function* (images, signal) {
    const { scoreThreshold = EVALUATION_SCORE_THRESHOLD } = options;
    const detect = async ({ path }: DatasetImage) => {
      throwIfAborted(signal);
      return detector.detect(path, { ...options, scoreThreshold, signal });
    };
    let index = 0;
    for await (const [, outcome] of inOrder(images, detector.concurrency ?? 1, detect)) {
      if ('value' in outcome) yield { index, detections: outcome.value };
      else if (isImageError(outcome.error)) yield { index, detections: [], error: outcome.error };
      else throw outcome.error;
      index++;
    }
  };
}

/**
 * Runs a detector over every image of a dataset.
 * @param classes the detector's class names
 * @throws ABORTED; UNKNOWN_CLASS for a label outside `classes`; INVALID_ARGUMENT for a source that
 * leaves out an image; any error of the source
 */
export async function detectDataset(
  source: DetectionSource,
  classes: readonly string[],
  dataset: Dataset,
  { onProgress, signal }: DetectDatasetOptions = {},
): Promise<DatasetDetections> {
  const { images } = dataset;
  const outcomes = new Map<number, ImageOutcome>();
  const predictions = new Predictions(classes);
  const failures: DatasetDetections['failures'] = [];
  const start = performance.now();
  let done = 0;
  let next = 0;
  for await (const outcome of source(images, signal)) {
    throwIfAborted(signal);
    outcomes.set(outcome.index, outcome);
    // Outcomes may arrive in any order; ties between scores depend on the order of the dataset.
    for (let ready = outcomes.get(next); ready; ready = outcomes.get(++next)) {
      outcomes.delete(next);
      predictions.add(images[next].id, ready.detections);
      if (ready.error) failures.push({ image: images[next], error: ready.error });
    }
    onProgress?.({ done: ++done, total: images.length });
  }
  if (next < images.length) {
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `the source yielded no outcome for ${images[next].path}`,
    );
  }
  return { predictions, failures, seconds: (performance.now() - start) / 1000 };
}

/** The metric, progress and cancellation. */
export interface EvaluateDetectorOptions extends EvaluateOptions, DetectDatasetOptions {
  /** Lowest score of detections. Default 0.01. */
  scoreThreshold?: number;
}

/**
 * Runs a detector over a dataset and scores it.
 * @returns the `result` of `evaluate`, and what was found: `predictions`, `failures` and `seconds`
 */
export async function evaluateDetector(
  detector: DatasetDetector,
  dataset: Dataset,
  options: EvaluateDetectorOptions,
): Promise<DatasetDetections & { result: EvaluationResult }> {
  evaluate(dataset, new Predictions(detector.classes), options); // bad options fail before the run
  const source = detectInOrder(detector, { scoreThreshold: options.scoreThreshold });
  const found = await detectDataset(source, detector.classes, dataset, options);
  return { ...found, result: evaluate(dataset, found.predictions, options) };
}
