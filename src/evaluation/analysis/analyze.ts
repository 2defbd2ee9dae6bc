/** Looks behind the numbers of an evaluation: what a report shows. */
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
import { bestOf, bestOperatingPoint, type OperatingPoint, thresholdCurve } from './thresholds.ts';

export interface AnalyzeOptions extends EvaluateOptions {
  /** Score from which detections count in the confusion matrix and the misses. Default: best F1. */
  scoreThreshold?: number;
  /** Most false positives, and misses, to list. Default 20. */
  worst?: number;
}

/** One class that has ground truth. */
export interface ClassAnalysis {
  name: string;
  ap: number;
  /** Boxes that count. */
  groundTruth: number;
  detections: number;
  /** At `iouThreshold`. */
  curve: PrCurve;
  /** Best F1; undefined without detections. */
  best?: OperatingPoint;
}

/** A result with what explains it: curves, confusions and the worst errors. */
export interface Analysis {
  result: EvaluationResult;
  dataset: Dataset;
  /** IoU of everything below: the VOC option, and 0.5 with COCO. */
  iouThreshold: number;
  /** In the order of the dataset's classes. */
  classes: ClassAnalysis[];
  /** All classes together, thresholds ascending. */
  thresholds: OperatingPoint[];
  /** Of `thresholds`, the one with the best F1. */
  best: OperatingPoint;
  confusion: ConfusionMatrix;
  /** Wrong detections of `confusion` by kind. */
  kinds: Record<FalsePositiveKind, number>;
  /** Highest scores first. */
  falsePositives: FalsePositive[];
  /** Boxes that nothing finds first, then by size. */
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
    confusion: matrix,
    kinds: falsePositiveKinds(evaluation, wrong, scoreThreshold),
    falsePositives: worstFalsePositives(evaluation, wrong, worst),
    misses: worstMisses(evaluation, missed, worst),
  };
}
