/**
 * Public API of `refinedet/eval`.
 * @module refinedet/eval
 */
export {
  type Analysis,
  type AnalyzeOptions,
  analyze,
  type ClassAnalysis,
} from './analysis/analyze.ts';
export type { ConfusionMatrix } from './analysis/confusion.ts';
export type {
  FalsePositive,
  FalsePositiveKind,
  LabeledBox,
  Miss,
} from './analysis/error-types.ts';
export type { Reliability, ReliabilityBin } from './analysis/reliability.ts';
export type { OperatingPoint } from './analysis/thresholds.ts';
export type { CocoSummary } from './coco-metric.ts';
export { readCocoResults, writeCocoResults } from './coco-results.ts';
export {
  type DatasetDetections,
  type DatasetDetector,
  type DetectDatasetOptions,
  type DetectionSource,
  detectDataset,
  detectInOrder,
  EVALUATION_SCORE_THRESHOLD,
  type EvaluateDetectorOptions,
  evaluateDetector,
  type ImageOutcome,
  type Progress,
} from './detect-dataset.ts';
export {
  type CocoResult,
  type EvaluateOptions,
  type EvaluationResult,
  evaluate,
  METRICS,
  type Metric,
  type ResultBase,
  type VocResult,
} from './evaluate.ts';
export type { PrCurve } from './matches.ts';
export type { ClearCounts, ClearScores } from './mot/clear.ts';
export { evaluateMot, type MotResult, type MotScores, type MotVideo } from './mot/evaluate-mot.ts';
export type { HotaScores } from './mot/hota.ts';
export type { IdentityCounts, IdentityScores } from './mot/identity.ts';
export { type MotBox, readMotBoxes } from './mot/mot-boxes.ts';
export { readMotVideos } from './mot/mot-videos.ts';
export { type ImageId, Predictions } from './predictions.ts';
export { type ReportOptions, renderReport } from './report/evaluation-report.ts';
export { readVocResults, writeVocResults } from './voc-results.ts';
