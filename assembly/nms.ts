/** Greedy and soft non-maximum suppression within one bucket. */
import { boxArea } from './boxes';
import { boxOf, candidateKey, keyId, keyScore } from './candidates';
import { appendBox, ID, Overlap, SCORE } from './columns';
import { Lanes } from './lanes';
import { Parameters } from './parameters';

/**
 * Greedy NMS: keeps a candidate unless it overlaps an already kept one by more than `nmsThreshold`. The
 * columns then hold the kept candidates, best first.
 * @param keys `n` keys in descending order
 * @returns number of kept candidates
 */
export function greedyNms(p: Parameters, keys: usize, n: i32): i32 {
  let kept = 0;
  for (let end = keys + ((<usize>n) << 3); keys < end; keys += 8) {
    const key = load<u64>(keys);
    const id = keyId(key);
    const box = v128.load(boxOf(p, id));
    if (isSuppressed(p, box, kept)) continue;
    appendBox(p, kept++, box, keyScore(key), id);
  }
  return kept;
}

function isSuppressed(p: Parameters, box: v128, kept: i32): bool {
  if (p.nmsThreshold >= 1) return false; // rounding may yield an IoU slightly above 1
  const stride = p.columnBytes;
  const threshold = f32x4.splat(p.nmsThreshold);
  const x1 = v128.shuffle<f32>(box, box, 0, 0, 0, 0);
  const y1 = v128.shuffle<f32>(box, box, 1, 1, 1, 1);
  const x2 = v128.shuffle<f32>(box, box, 2, 2, 2, 2);
  const y2 = v128.shuffle<f32>(box, box, 3, 3, 3, 3);
  const area = f32x4.splat(boxArea(box));
  let at = p.columns;
  for (const end = at + ((<usize>kept) << 2); at < end; at += 16) {
    const intersection = Overlap.intersection(at, stride, x1, y1, x2, y2);
    const union = Overlap.union(at, stride, area, intersection);
    if (v128.any_true(f32x4.gt(intersection, f32x4.mul(threshold, union)))) return true;
  }
  return false;
}

/** Appends the `n` boxes in the columns to the results. */
export function takeAll(p: Parameters, n: i32): void {
  const stride = p.columnBytes;
  for (let at = p.columns, end = at + ((<usize>n) << 2); at < end; at += 4) {
    addResult(p, load<f32>(at + SCORE * stride), load<u32>(at + ID * stride));
  }
}

function addResult(p: Parameters, score: f32, id: u32): void {
  const index = p.resultCount;
  store<u64>(p.results + ((<usize>index) << 3), candidateKey(score, id));
  p.resultCount = index + 1;
}

/**
 * Soft-NMS (Bodla et al. 2017): takes the best box and lowers the scores of boxes that overlap it, until
 * the best box is below the score threshold. Equal scores: lower id first.
 * @param n number of boxes in the columns, which it overwrites
 */
export function softNms(p: Parameters, n: i32): void {
  const stride = p.columnBytes;
  const columns = p.columns;
  const scores = columns + SCORE * stride;
  let best = f32(0);
  for (let i = 0; i < n; i++) best = max(best, load<f32>(scores + ((<usize>i) << 2)));
  while (n > 0 && best >= p.scoreThreshold) {
    const at = columns + ((<usize>bestIndex(scores, columns + ID * stride, n, best)) << 2);
    addResult(p, best, load<u32>(at + ID * stride));
    const x1 = v128.load32_splat(at);
    const y1 = v128.load32_splat(at + stride);
    const x2 = v128.load32_splat(at + 2 * stride);
    const y2 = v128.load32_splat(at + 3 * stride);
    const area = v128.load32_splat(at + 4 * stride);
    removeBox(columns, stride, at, --n);
    best = decayScores(p, n, x1, y1, x2, y2, area);
  }
}

/** Returns the index of the box with this score and the lowest id. */
function bestIndex(scores: usize, ids: usize, n: i32, score: f32): i32 {
  let index = -1;
  let lowest = u32.MAX_VALUE;
  for (let i = 0; i < n; i++) {
    const id = load<u32>(ids + ((<usize>i) << 2));
    if (load<f32>(scores + ((<usize>i) << 2)) == score && id <= lowest) {
      lowest = id;
      index = i;
    }
  }
  return index;
}

/** Removes a box: the last box takes its place, and an empty box the last place. */
function removeBox(columns: usize, stride: usize, at: usize, last: i32): void {
  const from = columns + ((<usize>last) << 2);
  for (let offset: usize = 0; offset < 7 * stride; offset += stride) {
    store<i32>(at + offset, load<i32>(from + offset));
    store<i32>(from + offset, 0);
  }
}

/** Lowers the scores of `n` boxes by their IoU with the given one; returns the best remaining score. */
function decayScores(
  p: Parameters,
  n: i32,
  x1: v128,
  y1: v128,
  x2: v128,
  y2: v128,
  area: v128,
): f32 {
  const stride = p.columnBytes;
  const one = f32x4.splat(1);
  const threshold = f32x4.splat(p.softNmsThreshold);
  const scale = f32x4.splat(p.softNmsScale);
  const isLinear = p.softNms == 1;
  let best = f32x4.splat(0);
  let at = p.columns;
  for (const end = at + ((<usize>n) << 2); at < end; at += 16) {
    const intersection = Overlap.intersection(at, stride, x1, y1, x2, y2);
    const iou = f32x4.div(intersection, Overlap.union(at, stride, area, intersection));
    const score = v128.load(at + SCORE * stride);
    let decay: v128;
    if (isLinear) decay = v128.bitselect(f32x4.sub(one, iou), one, f32x4.gt(iou, threshold));
    else decay = Lanes.exp(f32x4.mul(f32x4.mul(iou, iou), scale));
    const lowered = f32x4.mul(score, decay);
    v128.store(at + SCORE * stride, lowered);
    best = f32x4.pmax(best, lowered);
  }
  return Lanes.max(best);
}
