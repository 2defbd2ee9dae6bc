/** Explains the numbers of an evaluation: the content of a report. */
import type { Dataset } from '../../datasets/dataset-types.ts';
import { type EvaluateOptions, type EvaluationResult, evaluateInDetail } from '../evaluate.ts';
import { type PrCurve, prCurve, wrongRows } from '../matches.ts';
import type { Predictions } from '../predictions.ts';
import { type ConfusionMatrix, confusionMatrix } from './confusion.ts';
import {
  type FalsePositive,
  type FalsePositiveKind,
  falsePositiveKinds,
  type Miss,
  worstFalsePositives,
  worstMisses,
} from './error-types.ts';
import { type Reliability, reliability } from './reliability.ts';
import { bestOf, bestOperatingPoint, type OperatingPoint, thresholdCurve } from './thresholds.ts';

export interface AnalyzeOptions extends EvaluateOptions {
  /** Lowest score of detections in the confusion matrix and the misses. Default: the score of the best F1. */
  scoreThreshold?: number;
  /** Largest number of false positives, and of misses, to list. Default 20. */
  worst?: number;
}

/** One class that has ground truth. */
export interface ClassAnalysis {
  name: string;
  ap: number;
  /** Number of ground-truth boxes that count. */
  groundTruth: number;
  detections: number;
  /** Precision-recall curve at `iouThreshold`. */
  curve: PrCurve;
  /** Operating point with the best F1; undefined without detections. */
  best?: OperatingPoint;
}

/** A result and what explains it: curves, confusion matrix and the worst errors. */
export interface Analysis {
  result: EvaluationResult;
  dataset: Dataset;
  /** IoU of everything below: the VOC option, or 0.5 with COCO. */
  iouThreshold: number;
  /** One entry per class with ground truth, in the order of the dataset's classes. */
  classes: ClassAnalysis[];
  /** Operating points of all classes together, thresholds ascending. */
  thresholds: OperatingPoint[];
  /** The entry of `thresholds` with the best F1. */
  best: OperatingPoint;
  /** How often scores are right; undefined without detections, and for scores outside 0 to 1. */
  reliability?: Reliability;
  confusion: ConfusionMatrix;
  /** Number of wrong detections of `confusion`, by kind. */
  kinds: Record<FalsePositiveKind, number>;
  /** Wrong detections, highest scores first. */
  falsePositives: FalsePositive[];
  /** Missed boxes: those without any detection first, then by size. */
  misses: Miss[];
}

const DEFAULT_WORST = 20;

/**
 * Evaluates predictions as {@link evaluate} does and analyzes them.
 * @throws as {@link evaluate}
 */
export function analyze(
  dataset: Dataset,
  predictions: Predictions,
  options: AnalyzeOptions,
): Analysis {
  const evaluation = evaluateInDetail(dataset, predictions, options);
  const { matches, result, detections, iouThreshold } = evaluation;
  const thresholds = thresholdCurve(matches, detections.score);
  const best = bestOf(thresholds);
  const { scoreThreshold = best.threshold, worst = DEFAULT_WORST } = options;
  const wrong = wrongRows(matches, detections.score);
  const { matrix, missed } = confusionMatrix(evaluation, wrong, scoreThreshold);
  const classes = matches.flatMap((found, classId): ClassAnalysis[] => {
    if (found.positives === 0) return [];
    const name = dataset.classes[classId];
    return [
      {
        name,
        ap: result.perClass[name],
        groundTruth: found.positives,
        detections: found.rows.length,
        curve: prCurve(found),
        best: bestOperatingPoint(found, detections.score),
      },
    ];
  });
  return {
    result,
    dataset: evaluation.dataset,
    iouThreshold,
    classes,
    thresholds,
    best,
    reliability: reliability(matches, detections.score),
    confusion: matrix,
    kinds: falsePositiveKinds(evaluation, wrong, scoreThreshold),
    falsePositives: worstFalsePositives(evaluation, wrong, worst),
    misses: worstMisses(evaluation, missed, worst),
  };
}
