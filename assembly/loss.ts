/**
 * The multi-task loss of RefineDet and its gradient at the heads (paper section 3.4, equation 1), in
 * two steps, so that several workers can share one normalizer: `matchBatch` counts the positives,
 * `lossBatch` divides by the counts it is given.
 */
import { confidenceLoss } from './confidence-loss';
import { Lanes } from './lanes';
import { locationLoss } from './location-loss';
import { Batch, firstBox, Module, strideOf } from './loss-parameters';
import { anchorColumns, Matching, matchImage, refinedColumns } from './matching';
import { teacherLoss } from './teacher-loss';

/** x1, y1, x2, y2 and area. */
const COLUMNS: usize = 5;

/**
 * @param boxes maximum number of boxes of an image
 * @param classes object classes and background
 */
export function lossScratchBytes(count: i32, boxes: i32, classes: i32): usize {
  // Columns of plain and refined anchors and overlaps; later u64 keys; favorites; a Matching.
  const matching =
    strideOf(count) * (2 * COLUMNS + 1) + ((<usize>boxes) << 3) + offsetof<Matching>();
  return max(matching, 2 * strideOf(classes));
}

/** Matches the anchors of all images; sets `positives` of both modules. */
export function matchBatch(batch: usize): void {
  const b = changetype<Batch>(batch);
  const stride = strideOf(b.count);
  const plain = b.scratch;
  const refined = plain + COLUMNS * stride;
  const m = changetype<Matching>(refined + COLUMNS * stride);
  m.stride = stride;
  m.count = b.count;
  m.overlaps = changetype<usize>(m) + offsetof<Matching>();
  m.favorites = m.overlaps + stride;
  b.arm.positives = 0;
  b.odm.positives = 0;
  anchorColumns(b.anchors, b.count, plain, stride);
  for (let i = 0; i < b.images; i++) {
    const first = firstBox(b, i);
    m.boxes = b.boxes + ((<usize>first) << 4);
    m.labels = b.labels + ((<usize>first) << 2);
    m.boxCount = firstBox(b, i + 1) - first;
    m.columns = plain;
    matchModule(b.arm, m, i);
    if (b.refineAnchors) {
      const offsets = b.arm.loc + ((<usize>(i * b.count)) << 4);
      refinedColumns(b.anchors, offsets, b.count, refined, stride);
      m.columns = refined;
    }
    matchModule(b.odm, m, i);
  }
}

function matchModule(module: Module, m: Matching, image: i32): void {
  m.positiveOverlap = module.positiveOverlap;
  m.negativeOverlap = module.negativeOverlap;
  m.matches = module.matches + <usize>image * m.stride;
  module.positives += matchImage(changetype<usize>(m));
}

/** Computes the losses of both modules, and their gradients on request, after `matchBatch`. */
export function lossBatch(batch: usize): void {
  const b = changetype<Batch>(batch);
  clearModule(b, b.arm);
  clearModule(b, b.odm);
  for (let i = 0; i < b.images; i++) {
    confidenceLoss(b, b.arm, i, 0);
    locationLoss(b, b.arm, i, false);
    const objectness = b.arm.conf + ((<usize>(i * b.count)) << 3);
    confidenceLoss(b, b.odm, i, objectness);
    locationLoss(b, b.odm, i, true);
    teacherLoss(b, b.arm, i, false);
    teacherLoss(b, b.odm, i, true);
  }
  finishModule(b, b.arm);
  finishModule(b, b.odm);
}

function clearModule(b: Batch, module: Module): void {
  module.confLoss = 0;
  module.locLoss = 0;
  module.teacherLoss = 0;
  module.negatives = 0;
  if (!module.confGradient) return;
  const rows = <usize>(b.images * b.count);
  memory.fill(module.confGradient, 0, (rows * module.classes) << 2);
  memory.fill(module.locGradient, 0, rows << 4);
}

/** Makes the loss of a head NaN when any value is not finite, even of an anchor that is not trained. */
function finishModule(b: Batch, module: Module): void {
  const rows = b.images * b.count;
  module.confLoss =
    module.confLoss * module.confScale + nanUnlessFinite(module.conf, rows * module.classes);
  module.locLoss = module.locLoss * module.locScale + nanUnlessFinite(module.loc, rows << 2);
  module.teacherLoss *= module.teacherScale;
}

/** 0, or NaN when any of `count` floats is NaN or infinite. */
function nanUnlessFinite(at: usize, count: i32): f32 {
  const zero = f32x4.splat(0);
  let sum = zero;
  for (const end = at + ((<usize>(count & ~3)) << 2); at < end; at += 16) {
    sum = f32x4.add(sum, f32x4.mul(v128.load(at), zero));
  }
  let result = Lanes.sum(sum);
  for (let i = 0; i < (count & 3); i++) result += load<f32>(at + ((<usize>i) << 2)) * 0;
  return result;
}
