/** Score-weighted box voting (Gidaris & Komodakis 2015, in the exclusive form of the released code). */
import { boxOf, bucketKeys, keyId, keyScore } from './candidates';
import { appendBox, ID, Overlap, SCORE } from './columns';
import { Lanes } from './lanes';
import { Parameters } from './parameters';

const SIGN = i32.MIN_VALUE;

/**
 * Replaces the boxes of the first `detections` results by the weighted mean of their voters, in
 * `outBoxes`. A candidate of the bucket votes once, for the best detection that it overlaps by at
 * least the threshold; every detection also votes for itself. Weights are the scores before any
 * decay. The columns hold the candidates; a vote makes the score of a candidate negative.
 */
export function voteBoxes(p: Parameters, bucket: i32, detections: i32): void {
  const keys = bucketKeys(p, bucket);
  const n = load<i32>(p.bucketSizes + ((<usize>bucket) << 2));
  let isEmpty = true;
  for (let d = 0; d < detections; d++) {
    const id = keyId(load<u64>(p.results + ((<usize>d) << 3)));
    if (!p.agnostic && <i32>(id & ((1 << p.classBits) - 1)) != bucket) continue;
    if (isEmpty) fillColumns(p, keys, n);
    isEmpty = false;
    const box = v128.load(boxOf(p, id));
    v128.store(p.outBoxes + ((<usize>d) << 4), meanOfVoters(p, n, box, id));
  }
}

function fillColumns(p: Parameters, keys: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const key = load<u64>(keys + ((<usize>i) << 3));
    const id = keyId(key);
    appendBox(p, i, v128.load(boxOf(p, id)), keyScore(key), id);
  }
}

function meanOfVoters(p: Parameters, n: i32, box: v128, id: u32): v128 {
  const stride = p.columnBytes;
  const threshold = f32x4.splat(p.votingThreshold);
  const own = i32x4.splat(id);
  const x1 = v128.shuffle<f32>(box, box, 0, 0, 0, 0);
  const y1 = v128.shuffle<f32>(box, box, 1, 1, 1, 1);
  const x2 = v128.shuffle<f32>(box, box, 2, 2, 2, 2);
  const y2 = v128.shuffle<f32>(box, box, 3, 3, 3, 3);
  const area = f32x4.mul(f32x4.sub(x2, x1), f32x4.sub(y2, y1));
  let sumX1 = f32x4.splat(0);
  let sumY1 = f32x4.splat(0);
  let sumX2 = f32x4.splat(0);
  let sumY2 = f32x4.splat(0);
  let sum = f32x4.splat(0);
  let at = p.columns;
  for (const end = at + ((<usize>n) << 2); at < end; at += 16) {
    const intersection = Overlap.intersection(at, stride, x1, y1, x2, y2);
    const union = Overlap.union(at, stride, area, intersection);
    const score = v128.load(at + SCORE * stride);
    const overlaps = f32x4.ge(intersection, f32x4.mul(threshold, union));
    const votes = v128.or(
      v128.and(overlaps, f32x4.gt(score, f32x4.splat(0))),
      i32x4.eq(v128.load(at + ID * stride), own),
    );
    if (!v128.any_true(votes)) continue;
    v128.store(at + SCORE * stride, v128.or(score, v128.and(votes, i32x4.splat(SIGN))));
    const weight = v128.and(f32x4.abs(score), votes);
    sum = f32x4.add(sum, weight);
    sumX1 = f32x4.add(sumX1, f32x4.mul(weight, v128.load(at)));
    sumY1 = f32x4.add(sumY1, f32x4.mul(weight, v128.load(at + stride)));
    sumX2 = f32x4.add(sumX2, f32x4.mul(weight, v128.load(at + 2 * stride)));
    sumY2 = f32x4.add(sumY2, f32x4.mul(weight, v128.load(at + 3 * stride)));
  }
  let mean = f32x4.splat(Lanes.sum(sumX1));
  mean = f32x4.replace_lane(mean, 1, Lanes.sum(sumY1));
  mean = f32x4.replace_lane(mean, 2, Lanes.sum(sumX2));
  mean = f32x4.replace_lane(mean, 3, Lanes.sum(sumY2));
  return f32x4.div(mean, f32x4.splat(Lanes.sum(sum)));
}
