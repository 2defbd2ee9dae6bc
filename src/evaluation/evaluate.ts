/** Scores predictions on a dataset by one of three metrics. */
import type { Dataset } from '../datasets/dataset-types.ts';
import { didYouMean, RefineDetError } from '../errors.ts';
import { type CocoSummary, evaluateCoco } from './coco-metric.ts';
import type { ClassMatches } from './matches.ts';
import { alignPredictions, type Predictions } from './predictions.ts';
import { type DetectionTable, type TruthTable, truthTable } from './tables.ts';
import { matchVoc, vocAp } from './voc-metric.ts';

/**
 * `voc07`: PASCAL VOC 2007, 11-point AP. `voc12`: PASCAL VOC 2010–2012, area AP.
 * `coco`: AP at IoU 0.50:0.05:0.95 and eleven more numbers.
 */
export type Metric = 'voc07' | 'voc12' | 'coco';
/** The names of all metrics. */
export const METRICS: readonly Metric[] = ['voc07', 'voc12', 'coco'];

/** Options of `evaluate`. */
export interface EvaluateOptions {
  metric: Metric;
  /** For VOC metrics: a right detection has a larger IoU than this. In (0, 1). Default 0.5. */
  iouThreshold?: number;
}

/** Results of every metric. Numbers are fractions, not percentages. */
export interface ResultBase {
  /** AP of each class that has ground truth. */
  perClass: Record<string, number>;
  /** Classes without ground truth that counts; they are left out of every mean. */
  classesWithoutGroundTruth: string[];
  /** Detected classes that the dataset does not have; their detections were left out. */
  ignoredClasses: string[];
  images: number;
  /** Number of ground-truth boxes that count. */
  groundTruth: number;
  /** Number of ground-truth boxes that do not count: VOC `difficult`, COCO crowds. */
  ignoredGroundTruth: number;
  /** Number of detections of classes that the dataset has. */
  detections: number;
}

export interface VocResult extends ResultBase {
  metric: 'voc07' | 'voc12';
  iouThreshold: number;
  /** Mean of `perClass`; null when no class has ground truth. */
  mAP: number | null;
}

export interface CocoResult extends ResultBase, CocoSummary {
  metric: 'coco';
  /** AP at IoU 0.5 of each class that has ground truth. */
  perClass50: Record<string, number>;
}

/** The result of the selected metric. */
export type EvaluationResult = VocResult | CocoResult;

/** A result with the tables and matches that it was computed from. */
export interface Evaluation {
  result: EvaluationResult;
  /** Images in ascending order of their ids; `truth` and `detections` index this list. */
  dataset: Dataset;
  truth: TruthTable;
  detections: DetectionTable;
  /** [classes] matches at `iouThreshold`. */
  matches: ClassMatches[];
  /** IoU of `matches`: the VOC option, or 0.5 with COCO. */
  iouThreshold: number;
}

const DEFAULT_IOU = 0.5;

/**
 * Scores predictions. Classes are matched by name, images by id; an image without predictions counts
 * as an image without detections. Means are over the classes with ground truth.
 * @throws INVALID_OPTION for an unknown metric or a threshold out of range; UNKNOWN_CLASS
 * and PREDICTIONS_FORMAT when classes or images do not match the dataset's
 */
export function evaluate(
  dataset: Dataset,
  predictions: Predictions,
  options: EvaluateOptions,
): EvaluationResult {
  return evaluateInDetail(dataset, predictions, options).result;
}

/** Evaluates like {@link evaluate} and keeps what the result was computed from. */
export function evaluateInDetail(
  dataset: Dataset,
  predictions: Predictions,
  { metric, iouThreshold = DEFAULT_IOU }: EvaluateOptions,
): Evaluation {
  validate(metric, iouThreshold);
  const sorted = { ...dataset, images: dataset.images.toSorted(byId) };
  const { table: detections, ignoredClasses } = alignPredictions(predictions, sorted);
  const truth = truthTable(sorted);
  const ignoredGroundTruth = truth.crowd.filter((crowd, row) => crowd || truth.difficult[row]);
  const counts = {
    ignoredClasses,
    images: truth.imageCount,
    groundTruth: truth.image.length - ignoredGroundTruth.length,
    ignoredGroundTruth: ignoredGroundTruth.length,
    detections: detections.image.length,
  };
  const basis = { dataset: sorted, truth, detections, iouThreshold };
  if (metric === 'coco') {
    const { summary, perClass, perClass50, matches } = evaluateCoco(truth, detections);
    const result: CocoResult = {
      metric,
      ...summary,
      ...byClass(dataset.classes, perClass),
      perClass50: byClass(dataset.classes, perClass50).perClass,
      ...counts,
    };
    return { ...basis, result, matches };
  }
  const matches = matchVoc(truth, detections, iouThreshold);
  const method = metric === 'voc07' ? '11-point' : 'area';
  const averages = matches.map((found) => vocAp(found, method));
  const named = byClass(dataset.classes, averages);
  const known = Object.values(named.perClass);
  const mAP = known.length === 0 ? null : known.reduce((sum, ap) => sum + ap, 0) / known.length;
  return { ...basis, result: { metric, iouThreshold, mAP, ...named, ...counts }, matches };
}

function validate(metric: Metric, iouThreshold: number): void {
  if (!METRICS.includes(metric)) {
    throw new RefineDetError(
      'INVALID_OPTION',
      `unknown metric "${metric}"; use one of ${METRICS.join(', ')}${didYouMean(metric, METRICS)}`,
    );
  }
  if (!(iouThreshold > 0 && iouThreshold < 1)) {
    throw new RefineDetError(
      'INVALID_OPTION',
      `iouThreshold must be between 0 and 1, not ${iouThreshold}`,
    );
  }
  if (metric === 'coco' && iouThreshold !== DEFAULT_IOU) {
    throw new RefineDetError(
      'INVALID_OPTION',
      `the coco metric has fixed IoU thresholds: use iouThreshold ${iouThreshold} only with voc07 or voc12`,
    );
  }
}

/** Compares image ids in ascending order, like pycocotools: the order decides between equal scores. */
function byId({ id: a }: { id: string | number }, { id: b }: { id: string | number }): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : Number(String(a) > String(b));
}

/** Maps class names to AP; NaN marks a class without ground truth. */
function byClass(
  classes: readonly string[],
  averages: ArrayLike<number>,
): Pick<ResultBase, 'perClass' | 'classesWithoutGroundTruth'> {
  const known = classes.map((name, i) => [name, averages[i]] as const);
  return {
    // fromEntries instead of assignment: a class name may be __proto__.
    perClass: Object.fromEntries(known.filter(([, ap]) => !Number.isNaN(ap))),
    classesWithoutGroundTruth: known.filter(([, ap]) => Number.isNaN(ap)).map(([name]) => name),
  };
}
