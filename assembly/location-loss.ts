/** Loss of the offsets of matched anchors, and its gradient. */
import { decodeBox } from './boxes';
import { Lanes } from './lanes';
import { Logarithm } from './logarithm';
import { Batch, firstBox, Module, matchesOf } from './loss-parameters';
import { cornersOf } from './matching';
import { overlapLoss, SMOOTH_L1 } from './overlap-loss';

/** Loss between the boxes of positives and the truth: smooth L1 of the offsets, or by overlap. */
export function locationLoss(b: Batch, module: Module, image: i32, isOdm: bool): void {
  const refine = isOdm && b.refineAnchors != 0;
  const kind = isOdm ? b.boxLoss : SMOOTH_L1;
  const boxes = b.boxes + ((<usize>firstBox(b, image)) << 4);
  const matches = matchesOf(b, module, image);
  for (let n = 0; n < b.count; n++) {
    const match = load<i32>(matches + ((<usize>n) << 2));
    if (match < 0) continue;
    const at = (<usize>(image * b.count + n)) << 4;
    const anchor = b.anchors + ((<usize>n) << 4);
    const from = refine ? decodeBox(anchor, 0, b.arm.loc + at, 0) : cornersOf(anchor);
    const truth = v128.load(boxes + ((<usize>match) << 4));
    const gradient = module.locGradient ? module.locGradient + at : 0;
    if (kind != SMOOTH_L1) {
      const box = odmBox(b, image, n);
      module.locLoss += overlapLoss(kind, box, truth, from, module.locScale, gradient);
      continue;
    }
    const target = encodeBox(truth, from);
    const error = f32x4.sub(v128.load(module.loc + at), target);
    module.locLoss += Lanes.sum(smoothL1(error));
    if (!gradient) continue;
    const slope = f32x4.min(f32x4.max(error, f32x4.splat(-1)), f32x4.splat(1));
    v128.store(gradient, f32x4.mul(slope, f32x4.splat(module.locScale)));
  }
}

/** The ODM's box of an anchor: corners. */
export function odmBox(b: Batch, image: i32, n: i32): v128 {
  const at = (<usize>(image * b.count + n)) << 4;
  return decodeBox(b.anchors + ((<usize>n) << 4), b.arm.loc + at, b.odm.loc + at, b.refineAnchors);
}

/** Minimum normalized side; smaller sides are encoded as if they had this size. */
const MIN_SIDE: f32 = 1e-6;

/**
 * Encodes a target as offsets from a box: the inverse of decodeBox. Both boxes are corners.
 * @returns (Δcx / w, Δcy / h) / 0.1 and ln(target size / size) / 0.2
 */
export function encodeBox(target: v128, from: v128): v128 {
  // Lanes: target (x, y), from (x, y).
  const low = v128.shuffle<f32>(target, from, 0, 1, 4, 5);
  const high = v128.shuffle<f32>(target, from, 2, 3, 6, 7);
  const sizes = f32x4.max(f32x4.sub(high, low), f32x4.splat(MIN_SIDE));
  const centers = f32x4.mul(f32x4.add(low, high), f32x4.splat(0.5));
  const fromSizes = v128.shuffle<f32>(sizes, sizes, 2, 3, 2, 3);
  const fromCenters = v128.shuffle<f32>(centers, centers, 2, 3, 2, 3);
  const shift = f32x4.div(f32x4.sub(centers, fromCenters), f32x4.mul(fromSizes, f32x4.splat(0.1)));
  const scale = f32x4.mul(Logarithm.of(f32x4.div(sizes, fromSizes)), f32x4.splat(5));
  return v128.shuffle<f32>(shift, scale, 0, 1, 4, 5);
}

/** Huber loss with its corner at 1 (Fast R-CNN, equation 3). */
export function smoothL1(error: v128): v128 {
  const size = f32x4.abs(error);
  const isSmall = f32x4.lt(size, f32x4.splat(1));
  const half = f32x4.splat(0.5);
  return v128.bitselect(f32x4.mul(f32x4.mul(half, error), error), f32x4.sub(size, half), isSmall);
}
