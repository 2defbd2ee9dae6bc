/**
 * PASCAL VOC average precision (Everingham et al., IJCV 2010 section 4.2; development kits 2007 and
 * 2012), in the devkit's own coordinates and in float64, like the common `voc_eval`.
 */
import {
  type ClassMatches,
  FALSE_POSITIVE,
  IGNORED,
  lowerBound,
  prCurve,
  precisionEnvelope,
  TRUE_POSITIVE,
} from './matches.ts';
import { type Buckets, bucket, bucketRows, sortByScore } from './order.ts';
import { devkitIou } from './overlap.ts';
import type { DetectionTable, TruthTable } from './tables.ts';

/** `11-point`: the 2007 devkit. `area`: the area under the falling envelope, from 2010 on. */
export type VocMethod = '11-point' | 'area';

/**
 * Matches the detections of each class to its ground truth.
 *
 * From the highest score down, a detection takes the box of its class that it overlaps most. It is
 * right when the overlap is larger than `iouThreshold` and no earlier detection took that box;
 * a taken box makes it wrong even if another box would match. A difficult box absorbs any number of
 * detections, which then do not count; COCO crowd regions are treated the same way.
 *
 * Equal scores keep the order of the table, like in the MATLAB devkit. `voc_eval` leaves
 * ties to numpy's default argsort, which is unstable and differs between machines.
 *
 * @returns one entry per class
 */
export function matchVoc(
  truth: TruthTable,
  detections: DetectionTable,
  iouThreshold: number,
): ClassMatches[] {
  const truthByClass = bucketRows(truth.image.length, truth.classId, truth.classCount);
  const byClass = bucketRows(detections.image.length, detections.classId, truth.classCount);
  const taken = new Uint8Array(truth.image.length);
  return Array.from({ length: truth.classCount }, (_, classId) => {
    const truthRows = bucket(truthByClass, classId);
    const truthByImage = bucketRows(truthRows, truth.image, truth.imageCount);
    const rows = sortByScore(bucket(byClass, classId), detections.score);
    const matches: ClassMatches = {
      rows,
      outcomes: new Uint8Array(rows.length),
      truth: new Int32Array(rows.length).fill(-1),
      positives: truthRows.reduce((sum, row) => sum + Number(!ignorable(truth, row)), 0),
    };
    for (let i = 0; i < rows.length; i++) {
      const best = mostOverlapped(truth, truthByImage, detections, rows[i], iouThreshold);
      if (best < 0 || (taken[best] && !ignorable(truth, best))) {
        matches.outcomes[i] = FALSE_POSITIVE;
        continue;
      }
      matches.outcomes[i] = ignorable(truth, best) ? IGNORED : TRUE_POSITIVE;
      matches.truth[i] = best;
      taken[best] = 1;
    }
    return matches;
  });
}

function ignorable(truth: TruthTable, row: number): boolean {
  return truth.difficult[row] === 1 || truth.crowd[row] === 1;
}

/** Ground-truth row with the largest overlap above the threshold (the first among equals), or -1. */
function mostOverlapped(
  truth: TruthTable,
  truthByImage: Buckets,
  detections: DetectionTable,
  row: number,
  iouThreshold: number,
): number {
  const image = detections.image[row];
  let best = -1;
  let bestOverlap = iouThreshold;
  for (let i = truthByImage.offsets[image]; i < truthByImage.offsets[image + 1]; i++) {
    const candidate = truthByImage.rows[i];
    const overlap = devkitIou(truth.box, candidate, detections.box, row);
    if (overlap > bestOverlap) [best, bestOverlap] = [candidate, overlap];
  }
  return best;
}

/** Average precision of one class, in [0, 1]; NaN when it has no ground truth that counts. */
export function vocAp(matches: ClassMatches, method: VocMethod): number {
  if (matches.positives === 0) return Number.NaN;
  const { recall, precision } = prCurve(matches);
  precisionEnvelope(precision);
  return method === '11-point' ? elevenPointAp(recall, precision) : areaAp(recall, precision);
}

/** Mean of the best precision at recall 0, 0.1 … 1; divided once, so that eleven ones give exactly 1. */
function elevenPointAp(recall: Float64Array, envelope: Float64Array): number {
  let sum = 0;
  for (let step = 0; step <= 10; step++) {
    const point = lowerBound(recall, step * 0.1); // 0.30000000000000004 as in numpy's arange
    if (point < recall.length) sum += envelope[point];
  }
  return sum / 11;
}

/** Sum over recall steps, each multiplied by the precision of the envelope there. */
function areaAp(recall: Float64Array, envelope: Float64Array): number {
  let ap = 0;
  let previous = 0;
  for (let point = 0; point < recall.length; point++) {
    if (recall[point] === previous) continue;
    ap += (recall[point] - previous) * envelope[point];
    previous = recall[point];
  }
  return ap;
}
