import type { Predictions } from '../../evaluation/predictions.ts';
import type { ReportOptions } from '../../evaluation/report/evaluation-report.ts';

/** Detections of a dataset and where they come from. */
export interface Found {
  predictions: Predictions;
  /** Number of images that could not be read. */
  failed: number;
  about: Pick<ReportOptions, 'model' | 'speed'>;
}
