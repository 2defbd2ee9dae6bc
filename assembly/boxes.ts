/** Decoding of boxes (paper section 3.2), and the check for valid boxes. */
import { Lanes } from './lanes';

/**
 * The box of an anchor after ARM and ODM offsets, or after ODM offsets alone:
 * center += variance · offset · size, size *= exp(variance · offset), twice.
 *
 * @param anchor,arm,odm addresses of 4 floats: (cx, cy, w, h) and offsets
 * @returns corners (x1, y1, x2, y2)
 */
export function decodeBox(anchor: usize, arm: usize, odm: usize, refine: i32): v128 {
  const centerVariance = f32x4.splat(0.1);
  const sizeVariance = f32x4.splat(0.2);
  const a = v128.load(anchor);
  const first = refine ? v128.load(arm) : f32x4.splat(0);
  const second = v128.load(odm);
  // Size factors of both steps: (w, h of the first, w, h of the second).
  const factors = Lanes.exp(f32x4.mul(v128.shuffle<f32>(first, second, 2, 3, 6, 7), sizeVariance));

  // (x, y) or (w, h) in lanes 0 and 1; lanes 2 and 3 do not matter.
  let center = a;
  let size = v128.shuffle<f32>(a, a, 2, 3, 2, 3);
  center = f32x4.add(center, f32x4.mul(f32x4.mul(first, centerVariance), size));
  size = f32x4.mul(size, factors);
  center = f32x4.add(center, f32x4.mul(f32x4.mul(second, centerVariance), size));
  size = f32x4.mul(size, v128.shuffle<f32>(factors, factors, 2, 3, 2, 3));

  const half = f32x4.mul(size, f32x4.splat(0.5));
  return v128.shuffle<f32>(f32x4.sub(center, half), f32x4.add(center, half), 0, 1, 4, 5);
}

/** Area of a box in normalized coordinates (no +1). */
export function boxArea(box: v128): f32 {
  const size = f32x4.sub(v128.shuffle<f32>(box, box, 2, 3, 2, 3), box);
  return f32x4.extract_lane(size, 0) * f32x4.extract_lane(size, 1);
}

/**
 * Returns whether a box can be a detection: finite numbers, x1 < x2 and y1 < y2, an area that f32 can
 * hold, and a part inside the image. False when any number is NaN.
 */
export function isUsable(box: v128): bool {
  const low = v128.shuffle<f32>(box, box, 0, 1, 0, 1);
  const high = v128.shuffle<f32>(box, box, 2, 3, 2, 3);
  const inside = v128.and(f32x4.gt(high, f32x4.splat(0)), f32x4.lt(low, f32x4.splat(1)));
  if (!i32x4.all_true(v128.and(inside, f32x4.lt(low, high)))) return false;
  const area = boxArea(box);
  return area > 0 && area <= f32.MAX_VALUE;
}

/** The part of a box inside the image. */
export function clipBox(box: v128): v128 {
  return f32x4.pmin(f32x4.pmax(box, f32x4.splat(0)), f32x4.splat(1));
}
