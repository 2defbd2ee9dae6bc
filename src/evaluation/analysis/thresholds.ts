/** Precision, recall and F1 against the score threshold. */
import { type ClassMatches, FALSE_POSITIVE, IGNORED, prCurve } from '../matches.ts';

/** Precision and recall at one score threshold. */
export interface OperatingPoint {
  /** Detections with at least this score are kept. */
  threshold: number;
  /** Share of right detections; 1 when no detection is kept. */
  precision: number;
  recall: number;
  /** Harmonic mean of precision and recall. */
  f1: number;
}

const STEPS = 100;

/**
 * Operating points over all classes together, each detection and box counting once: at 0, 0.01 … 1,
 * or over the range of the scores when they leave [0, 1].
 */
export function thresholdCurve(
  matches: readonly ClassMatches[],
  score: Float64Array,
): OperatingPoint[] {
  const [low, high] = scoreRange(score);
  const threshold = (k: number) => low + ((high - low) * k) / STEPS;
  const positives = matches.reduce((sum, found) => sum + found.positives, 0);
  const right = new Int32Array(STEPS + 1);
  const wrong = new Int32Array(STEPS + 1);
  for (const { rows, outcomes } of matches) {
    for (let i = 0; i < rows.length; i++) {
      if (outcomes[i] === IGNORED) continue;
      const last = lastReached(score[rows[i]], threshold);
      (outcomes[i] === FALSE_POSITIVE ? wrong : right)[last]++;
    }
  }
  const points: OperatingPoint[] = [];
  let truePositives = 0;
  let falsePositives = 0;
  for (let k = STEPS; k >= 0; k--) {
    truePositives += right[k];
    falsePositives += wrong[k];
    points.unshift(operatingPoint(threshold(k), truePositives, falsePositives, positives));
  }
  return points;
}

/** Index of the highest threshold that a score reaches. It exists: the lowest threshold is the lowest score or less. */
function lastReached(score: number, threshold: (k: number) => number): number {
  const [low, high] = [threshold(0), threshold(STEPS)];
  let k = Math.min(STEPS, Math.ceil(((score - low) / (high - low)) * STEPS));
  while (k > 0 && threshold(k) > score) k--; // at most twice: rounding
  return k;
}

function scoreRange(score: Float64Array): [low: number, high: number] {
  let low = 0;
  let high = 1;
  for (const value of score) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function operatingPoint(
  threshold: number,
  truePositives: number,
  falsePositives: number,
  positives: number,
): OperatingPoint {
  const kept = truePositives + falsePositives;
  const precision = kept === 0 ? 1 : truePositives / kept;
  const recall = positives === 0 ? 0 : truePositives / positives;
  // 2PR / (P + R), rewritten to avoid 0 / 0.
  const f1 = truePositives === 0 ? 0 : (2 * truePositives) / (kept + positives);
  return { threshold, precision, recall, f1 };
}

/** The point with the best F1; among equals, the one with the highest threshold. */
export function bestOf(points: readonly OperatingPoint[]): OperatingPoint {
  return points.reduce((best, point) => (point.f1 >= best.f1 ? point : best));
}

/** Best operating point of one class, exactly at one of its scores; undefined without detections. */
export function bestOperatingPoint(
  matches: ClassMatches,
  score: Float64Array,
): OperatingPoint | undefined {
  const { rows, recall, precision } = prCurve(matches);
  let best: OperatingPoint | undefined;
  for (let i = 0; i < rows.length; i++) {
    const threshold = score[rows[i]];
    if (i + 1 < rows.length && score[rows[i + 1]] === threshold) continue; // the next row has the same threshold
    const sum = precision[i] + recall[i];
    const f1 = sum === 0 ? 0 : (2 * precision[i] * recall[i]) / sum;
    if (best && f1 <= best.f1) continue;
    best = { threshold, precision: precision[i], recall: recall[i], f1 };
  }
  return best;
}
