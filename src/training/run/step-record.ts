/** What a run reports, step by step: the lines of metrics.jsonl. */
import type { LossParts, ModuleCounts } from '../loss/detection-loss.ts';

/** The result of a step. */
export interface StepRecord {
  /** Counted from 1: the step that has just been made. */
  step: number;
  /** Passes over the data so far, with the current one as a fraction. */
  epoch: number;
  losses: Pick<LossParts, 'armConf' | 'armLoc' | 'odmConf' | 'odmLoc' | 'total'>;
  /** Matched anchors. */
  positives: ModuleCounts;
  learningRate: number;
  /** Before clipping. */
  gradientNorm: number;
  /** Side of the network input in pixels. */
  inputSize: number;
  imagesPerSecond: number;
  /** Share of the wall time that the slowest replica spent in forward and reverse pass. */
  computeShare: number;
  /** Where an evaluation followed the step. */
  evaluation?: EvaluationRecord;
}

/** What an evaluation during a run found. */
export interface EvaluationRecord {
  /** mAP (VOC) or AP (COCO) of the averaged weights, a fraction; null when no box counts. */
  score: number | null;
  perClass: Record<string, number>;
  images: number;
  seconds: number;
  /** Whether it is the best so far. */
  best: boolean;
}
