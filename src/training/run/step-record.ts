/** Reports of a run per step: the lines of metrics.jsonl. */
import type { LossParts, ModuleCounts } from '../loss/detection-loss.ts';

/** The result of a step. */
export interface StepRecord {
  /** Number of the step that has just ended, from 1. */
  step: number;
  /** Passes over the data so far, with the current one as a fraction. */
  epoch: number;
  losses: Pick<LossParts, 'armConf' | 'armLoc' | 'odmConf' | 'odmLoc' | 'teacher' | 'total'>;
  /** Number of matched anchors. */
  positives: ModuleCounts;
  learningRate: number;
  /** Norm of the gradient before clipping. */
  gradientNorm: number;
  /** Side of the network input in pixels. */
  inputSize: number;
  imagesPerSecond: number;
  /** Share of the wall time that the slowest replica spent in the forward and backward pass. */
  computeShare: number;
  /** Evaluation after the step, if there was one. */
  evaluation?: EvaluationRecord;
}

/** Result of an evaluation during a run. */
export interface EvaluationRecord {
  /** mAP (VOC) or AP (COCO) of the averaged weights, a fraction; null when no box counts. */
  score: number | null;
  perClass: Record<string, number>;
  images: number;
  seconds: number;
  /** Whether it is the best so far. */
  best: boolean;
}
