/** Matches between detections and ground truth, for every protocol. */
import { sortByScore } from './order.ts';

/** Outcome of one detection. */
export const FALSE_POSITIVE = 0;
export const TRUE_POSITIVE = 1;
/** Matched to a box that does not count, or outside the area range. */
export const IGNORED = 2;

/** Matches of the detections of one class to its ground truth at one IoU threshold. */
export interface ClassMatches {
  /** Detection rows, highest score first. */
  rows: Int32Array;
  /** Outcome of each of `rows`. */
  outcomes: Uint8Array;
  /** Ground-truth row of each of `rows`; -1 for none. */
  truth: Int32Array;
  /** Number of ground-truth boxes that count: the denominator of recall. */
  positives: number;
}

/** Rows of the wrong detections of all classes, highest score first. */
export function wrongRows(matches: readonly ClassMatches[], score: Float64Array): Int32Array {
  let count = 0;
  for (const { outcomes } of matches) {
    for (const outcome of outcomes) count += Number(outcome === FALSE_POSITIVE);
  }
  const wrong = new Int32Array(count);
  let next = 0;
  for (const { rows, outcomes } of matches) {
    for (let i = 0; i < rows.length; i++) {
      if (outcomes[i] === FALSE_POSITIVE) wrong[next++] = rows[i];
    }
  }
  return sortByScore(wrong, score);
}

/** Precision and recall after each detection that counts, highest score first. */
export interface PrCurve {
  /** Detection row at each point. */
  rows: Int32Array;
  recall: Float64Array;
  precision: Float64Array;
}

/** The cumulative precision-recall curve; ignored detections add no points. */
export function prCurve({ rows, outcomes, positives }: ClassMatches): PrCurve {
  const counted = outcomes.reduce((sum, outcome) => sum + Number(outcome !== IGNORED), 0);
  const curve: PrCurve = {
    rows: new Int32Array(counted),
    recall: new Float64Array(counted),
    precision: new Float64Array(counted),
  };
  let point = 0;
  let truePositives = 0;
  for (let i = 0; i < rows.length; i++) {
    if (outcomes[i] === IGNORED) continue;
    truePositives += outcomes[i];
    curve.rows[point] = rows[i];
    curve.recall[point] = truePositives / positives;
    curve.precision[point] = truePositives / (point + 1);
    point++;
  }
  return curve;
}

/** Replaces every precision by the best at its recall or higher: the falling envelope. In place. */
export function precisionEnvelope(precision: Float64Array): Float64Array {
  for (let i = precision.length - 2; i >= 0; i--) {
    if (precision[i] < precision[i + 1]) precision[i] = precision[i + 1];
  }
  return precision;
}

/** First index with at least `value` in an ascending array; its length when there is none. */
export function lowerBound(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
