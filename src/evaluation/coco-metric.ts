/** The twelve COCO numbers and AP per class, from the matches of every class. */
import {
  AREA_NAMES,
  type AreaName,
  type CocoMatches,
  IOU_THRESHOLDS,
  MAX_DETECTIONS,
  matchCocoClass,
} from './coco-matching.ts';
import { type ClassMatches, FALSE_POSITIVE, IGNORED, precisionEnvelope } from './matches.ts';
import { bucket, bucketRows } from './order.ts';
import type { DetectionTable, TruthTable } from './tables.ts';

/** Recall 0, 0.01 … 1: the points at which precision is sampled. */
const RECALL_POINTS = 101;
/** numpy.spacing(1): the reference evaluator adds it to avoid 0/0, and it affects the last digit. */
const EPSILON = 2 ** -52;

/**
 * The twelve numbers, in [0, 1]; null where the area range has no ground truth (pycocotools
 * prints -1).
 */
export interface CocoSummary {
  /** Mean over IoU 0.50:0.05:0.95, 101 recalls and the classes with ground truth. */
  AP: number | null;
  AP50: number | null;
  AP75: number | null;
  /** AP for areas up to 32², in between, and from 96² square pixels. */
  APsmall: number | null;
  APmedium: number | null;
  APlarge: number | null;
  /** Highest recall with at most 1, 10 and 100 detections per image and class. */
  AR1: number | null;
  AR10: number | null;
  AR100: number | null;
  ARsmall: number | null;
  ARmedium: number | null;
  ARlarge: number | null;
}

export interface CocoEvaluation {
  summary: CocoSummary;
  /** [classes] AP over all IoU thresholds, NaN for a class without ground truth. */
  perClass: Float64Array;
  /** [classes] AP at IoU 0.5, NaN for a class without ground truth. */
  perClass50: Float64Array;
  /** [classes] matches at IoU 0.5, all areas, at most 100 detections. */
  matches: ClassMatches[];
}

/** Precision (mean over recall) and recall of one class at each IoU threshold; undefined without ground truth. */
interface Scores {
  precision: Float64Array;
  recall: Float64Array;
}

/** The area ranges and detection limits of the summary. */
const SETTINGS = {
  all: ['all', MAX_DETECTIONS],
  small: ['small', MAX_DETECTIONS],
  medium: ['medium', MAX_DETECTIONS],
  large: ['large', MAX_DETECTIONS],
  best1: ['all', 1],
  best10: ['all', 10],
} as const satisfies Record<string, readonly [AreaName, number]>;
type Setting = keyof typeof SETTINGS;

/**
 * Evaluates by the COCO protocol. Images must be in ascending order of their ids, as in pycocotools:
 * the order decides between equal scores. VOC's difficult boxes are ignored like boxes outside the
 * area range.
 */
export function evaluateCoco(truth: TruthTable, detections: DetectionTable): CocoEvaluation {
  const truthByClass = bucketRows(truth.image.length, truth.classId, truth.classCount);
  const byClass = bucketRows(detections.image.length, detections.classId, truth.classCount);
  const matches: ClassMatches[] = [];
  const scores: Record<Setting, (Scores | undefined)[]> = {
    all: [],
    small: [],
    medium: [],
    large: [],
    best1: [],
    best10: [],
  };
  for (let classId = 0; classId < truth.classCount; classId++) {
    const truthRows = bucket(truthByClass, classId);
    const found = matchCocoClass(truth, truthRows, detections, bucket(byClass, classId));
    matches.push({
      rows: found.rows,
      outcomes: found.outcomes.slice(0, found.rows.length),
      truth: found.truth,
      positives: found.positives[0],
    });
    for (const setting of Object.keys(SETTINGS) as Setting[]) {
      const [area, maxDetections] = SETTINGS[setting];
      scores[setting].push(accumulate(found, area, maxDetections));
    }
  }
  return {
    summary: summarize(scores),
    perClass: Float64Array.from(scores.all, (s) => (s ? mean(s.precision) : Number.NaN)),
    perClass50: Float64Array.from(scores.all, (s) => s?.precision[0] ?? Number.NaN),
    matches,
  };
}

function summarize(scores: Record<Setting, (Scores | undefined)[]>): CocoSummary {
  const average = (setting: Setting, value: (s: Scores) => number): number | null => {
    const known = scores[setting].filter((s) => s !== undefined);
    return known.length === 0 ? null : mean(known.map(value));
  };
  const ap = (s: Scores) => mean(s.precision);
  const ar = (s: Scores) => mean(s.recall);
  return {
    AP: average('all', ap),
    AP50: average('all', (s) => s.precision[0]),
    AP75: average('all', (s) => s.precision[5]),
    APsmall: average('small', ap),
    APmedium: average('medium', ap),
    APlarge: average('large', ap),
    AR1: average('best1', ar),
    AR10: average('best10', ar),
    AR100: average('all', ar),
    ARsmall: average('small', ar),
    ARmedium: average('medium', ar),
    ARlarge: average('large', ar),
  };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function accumulate(
  { rows, rank, outcomes, positives }: CocoMatches,
  areaName: AreaName,
  maxDetections: number,
): Scores | undefined {
  const area = AREA_NAMES.indexOf(areaName);
  const total = positives[area];
  if (total === 0) return undefined;
  const scores: Scores = {
    precision: new Float64Array(IOU_THRESHOLDS.length),
    recall: new Float64Array(IOU_THRESHOLDS.length),
  };
  const envelope = new Float64Array(total);
  for (let t = 0; t < IOU_THRESHOLDS.length; t++) {
    const base = (area * IOU_THRESHOLDS.length + t) * rows.length;
    let truePositives = 0;
    let counted = 0;
    for (let place = 0; place < rows.length; place++) {
      const outcome = outcomes[base + place];
      if (outcome === IGNORED || rank[place] >= maxDetections) continue;
      counted++;
      if (outcome === FALSE_POSITIVE) continue;
      truePositives++;
      envelope[truePositives - 1] = truePositives / (counted + EPSILON);
    }
    scores.recall[t] = truePositives / total;
    scores.precision[t] = meanPrecision(
      precisionEnvelope(envelope.subarray(0, truePositives)),
      total,
    );
  }
  return scores;
}

/**
 * Mean of the envelope at the 101 recalls. `envelope[k]` is the precision at recall (k + 1) / total:
 * recall, and so the envelope, changes only at true positives.
 */
function meanPrecision(envelope: Float64Array, total: number): number {
  let sum = 0;
  let point = 0;
  for (let step = 0; step < RECALL_POINTS; step++) {
    while (point < envelope.length && (point + 1) / total < step * 0.01) point++;
    if (point === envelope.length) break;
    sum += envelope[point];
  }
  return sum / RECALL_POINTS;
}
