/** Cross-entropy with hard negative mining (paper section 3.4), and its gradient. */
import { Lanes } from './lanes';
import { odmBox } from './location-loss';
import { Logarithm } from './logarithm';
import { Batch, firstBox, logitsOf, Module, matchesOf } from './loss-parameters';
import { NEGATIVE } from './matching';
import { overlapOf } from './overlap-loss';
import { softmaxRows } from './softmax';
import { selectLargest } from './sort';

/**
 * Cross-entropy of the softmax over positives and mined negatives.
 * @param objectness ARM logits [N, 2] of the image for negative anchor filtering; 0 for none
 */
export function confidenceLoss(b: Batch, module: Module, image: i32, objectness: usize): void {
  const positives = positiveConfidence(b, module, image, objectness != 0 && b.overlapTargets != 0);
  if (positives == 0) return;
  const keys = b.scratch;
  const eligible = negativeKeys(b, module, image, objectness, keys);
  const wanted = min(eligible, <i32>(b.negativeRatio * <f32>positives));
  if (wanted == 0) return;
  selectLargest(keys, eligible, wanted);
  for (let i = 0; i < wanted; i++) {
    const key = load<u64>(keys + ((<usize>i) << 3));
    module.confLoss += reinterpret<f32>(<u32>(key >> 32));
    confidenceGradient(module, image * b.count + <i32>~(<u32>key), 0, 1);
  }
  module.negatives += wanted;
}

/**
 * @param byOverlap the target of a class is the overlap of the ODM's box with its truth, the rest is
 *   background (Generalized Focal Loss, arXiv 2006.04388, section 3.1): the score learns to tell how
 *   tight a box is. No gradient flows through the overlap.
 * @returns number of positives of the image
 */
function positiveConfidence(b: Batch, module: Module, image: i32, byOverlap: bool): i32 {
  const boxes = b.boxes + ((<usize>firstBox(b, image)) << 4);
  const labels = b.labels + ((<usize>firstBox(b, image)) << 2);
  const matches = matchesOf(b, module, image);
  let positives = 0;
  for (let n = 0; n < b.count; n++) {
    const match = load<i32>(matches + ((<usize>n) << 2));
    if (match < 0) continue;
    positives++;
    // The ARM has only one class of objects.
    const label = min(load<i32>(labels + ((<usize>match) << 2)), module.classes - 1);
    const row = image * b.count + n;
    const logits = logitsOf(module, row);
    const total = logSumExp(logits, logits, logits, logits, module.classes);
    let target: f32 = 1;
    if (byOverlap) {
      target = overlapOf(odmBox(b, image, n), v128.load(boxes + ((<usize>match) << 4)));
    }
    const own = load<f32>(logits + ((<usize>label) << 2));
    const aimed = own * target + load<f32>(logits) * (1 - target);
    module.confLoss += f32x4.extract_lane(total, 0) - aimed;
    confidenceGradient(module, row, label, target);
  }
  return positives;
}

/**
 * Writes a key for every negative that may be mined: the bits of its loss above the complement of the
 * anchor's index. The bits of losses have the same order as the losses, because these are not negative.
 * @returns the number of keys
 */
function negativeKeys(b: Batch, module: Module, image: i32, objectness: usize, keys: usize): i32 {
  const matches = matchesOf(b, module, image);
  const logits = logitsOf(module, image * b.count);
  const rowBytes = (<usize>module.classes) << 2;
  const last = b.count - 1;
  let end = keys;
  for (let n = 0; n < b.count; n += 4) {
    const match = v128.load(matches + ((<usize>n) << 2));
    let negatives = i32x4.bitmask(i32x4.eq(match, i32x4.splat(NEGATIVE)));
    if (objectness) negatives &= objectLike(objectness, n, negatives, b.objectnessMargin);
    if (negatives == 0) continue;
    // Rows past the last one are not negatives, so the values read for them have no effect.
    const row0 = logits + <usize>n * rowBytes;
    const row1 = logits + <usize>min(n + 1, last) * rowBytes;
    const row2 = logits + <usize>min(n + 2, last) * rowBytes;
    const row3 = logits + <usize>min(n + 3, last) * rowBytes;
    const total = logSumExp(row0, row1, row2, row3, module.classes);
    const background = LogitColumn.load(row0, row1, row2, row3);
    let losses = f32x4.pmax(f32x4.sub(total, background), f32x4.splat(0));
    for (let lane = 0; lane < 4; lane++) {
      if (negatives & (1 << lane)) {
        const bits = <u64>reinterpret<u32>(f32x4.extract_lane(losses, 0));
        store<u64>(end, (bits << 32) | <u64>~(<u32>(n + lane)));
        end += 8;
      }
      losses = v128.shuffle<f32>(losses, losses, 1, 2, 3, 0);
    }
  }
  return <i32>((end - keys) >> 3);
}

/** Filters (section 3.2) the negative anchors `n` to `n + 3` whose lanes are set in `candidates`. */
function objectLike(objectness: usize, n: i32, candidates: i32, margin: f32): i32 {
  let passed = 0;
  for (let lanes = candidates; lanes != 0; lanes &= lanes - 1) {
    const lane = ctz(lanes);
    const at = objectness + ((<usize>(n + lane)) << 3);
    if (load<f32>(at, 4) - load<f32>(at) >= margin) passed |= 1 << lane;
  }
  return passed;
}

abstract class LogitColumn {
  /** One float from each of four rows. */
  @inline
  static load(row0: usize, row1: usize, row2: usize, row3: usize): v128 {
    let v = v128.load32_zero(row0);
    v = v128.load32_lane(row1, v, 1);
    v = v128.load32_lane(row2, v, 2);
    return v128.load32_lane(row3, v, 3);
  }
}

/** Reductions of four rows at once: lane i of the result belongs to row i. */
abstract class Rows {
  @inline
  static max(row0: v128, row1: v128, row2: v128, row3: v128): v128 {
    const a = f32x4.pmax(Rows.even(row0, row1), Rows.odd(row0, row1));
    const b = f32x4.pmax(Rows.even(row2, row3), Rows.odd(row2, row3));
    return f32x4.pmax(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  }

  @inline
  static sum(row0: v128, row1: v128, row2: v128, row3: v128): v128 {
    const a = f32x4.add(Rows.even(row0, row1), Rows.odd(row0, row1));
    const b = f32x4.add(Rows.even(row2, row3), Rows.odd(row2, row3));
    return f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  }

  @inline
  private static even(a: v128, b: v128): v128 {
    return v128.shuffle<f32>(a, b, 0, 4, 2, 6);
  }

  @inline
  private static odd(a: v128, b: v128): v128 {
    return v128.shuffle<f32>(a, b, 1, 5, 3, 7);
  }
}

/** log Σ exp of four rows of logits, a row a lane: whole vectors of columns, then the others. */
function logSumExp(row0: usize, row1: usize, row2: usize, row3: usize, columns: i32): v128 {
  const whole = (<usize>(columns & ~3)) << 2;
  const end = (<usize>columns) << 2;
  let top0 = f32x4.splat(-f32.MAX_VALUE);
  let top1 = top0;
  let top2 = top0;
  let top3 = top0;
  for (let at: usize = 0; at < whole; at += 16) {
    top0 = f32x4.pmax(top0, v128.load(row0 + at));
    top1 = f32x4.pmax(top1, v128.load(row1 + at));
    top2 = f32x4.pmax(top2, v128.load(row2 + at));
    top3 = f32x4.pmax(top3, v128.load(row3 + at));
  }
  let top = Rows.max(top0, top1, top2, top3);
  for (let at = whole; at < end; at += 4) {
    top = f32x4.pmax(top, LogitColumn.load(row0 + at, row1 + at, row2 + at, row3 + at));
  }

  top0 = v128.shuffle<f32>(top, top, 0, 0, 0, 0);
  top1 = v128.shuffle<f32>(top, top, 1, 1, 1, 1);
  top2 = v128.shuffle<f32>(top, top, 2, 2, 2, 2);
  top3 = v128.shuffle<f32>(top, top, 3, 3, 3, 3);
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  for (let at: usize = 0; at < whole; at += 16) {
    sum0 = f32x4.add(sum0, Lanes.exp(f32x4.sub(v128.load(row0 + at), top0)));
    sum1 = f32x4.add(sum1, Lanes.exp(f32x4.sub(v128.load(row1 + at), top1)));
    sum2 = f32x4.add(sum2, Lanes.exp(f32x4.sub(v128.load(row2 + at), top2)));
    sum3 = f32x4.add(sum3, Lanes.exp(f32x4.sub(v128.load(row3 + at), top3)));
  }
  let sum = Rows.sum(sum0, sum1, sum2, sum3);
  for (let at = whole; at < end; at += 4) {
    const logits = LogitColumn.load(row0 + at, row1 + at, row2 + at, row3 + at);
    sum = f32x4.add(sum, Lanes.exp(f32x4.sub(logits, top)));
  }
  return f32x4.add(top, Logarithm.of(sum));
}

/** softmax - target, scaled; the label has the target, the background the rest. */
function confidenceGradient(module: Module, row: i32, label: i32, target: f32): void {
  if (!module.confGradient) return;
  const gradient = module.confGradient + <usize>row * ((<usize>module.classes) << 2);
  softmaxRows(logitsOf(module, row), gradient, 1, module.classes);
  store<f32>(gradient, load<f32>(gradient) - (1 - target));
  const own = gradient + ((<usize>label) << 2);
  store<f32>(own, load<f32>(own) - target);
  for (let c = 0; c < module.classes; c++) {
    const at = gradient + ((<usize>c) << 2);
    store<f32>(at, load<f32>(at) * module.confScale);
  }
}
