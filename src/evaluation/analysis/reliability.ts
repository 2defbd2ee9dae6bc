/** How often a score is right: the reliability diagram (Guo et al. 2017, arXiv 1706.04599, section 2). */
import { type ClassMatches, IGNORED, TRUE_POSITIVE } from '../matches.ts';

/** Detections with about the same score. */
export interface ReliabilityBin {
  /** Number of detections that count. */
  detections: number;
  /** Mean of their scores. */
  meanScore: number;
  /** Share of right ones. */
  precision: number;
}

/** Shares of right detections by score. */
export interface Reliability {
  /** Ten bins of equal width over the scores 0 to 1, without the empty ones, in ascending order. */
  bins: ReliabilityBin[];
  /** Expected calibration error: mean of |precision − mean score| over all detections. */
  error: number;
}

const BINS = 10;

/** @returns undefined without detections, and where scores are not in 0..1 and so no probabilities */
export function reliability(
  matches: readonly ClassMatches[],
  score: Float64Array,
): Reliability | undefined {
  if (!score.every((value) => value >= 0 && value <= 1)) return undefined;
  const counts = new Int32Array(BINS);
  const right = new Int32Array(BINS);
  const scores = new Float64Array(BINS);
  for (const { rows, outcomes } of matches) {
    for (const [i, row] of rows.entries()) {
      if (outcomes[i] === IGNORED) continue;
      const bin = Math.min(BINS - 1, Math.floor(score[row] * BINS));
      counts[bin]++;
      scores[bin] += score[row];
      if (outcomes[i] === TRUE_POSITIVE) right[bin]++;
    }
  }
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  let error = 0;
  const bins: ReliabilityBin[] = [];
  for (const [bin, detections] of counts.entries()) {
    if (detections === 0) continue;
    const [meanScore, precision] = [scores[bin] / detections, right[bin] / detections];
    error += (Math.abs(precision - meanScore) * detections) / all;
    bins.push({ detections, meanScore, precision });
  }
  return { bins, error };
}
