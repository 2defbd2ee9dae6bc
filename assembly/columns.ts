/**
 * Boxes in columns, so that one box is compared with four others at a time: x1, y1, x2, y2, area, score (f32)
 * and id (u32). Lanes past the last box hold empty boxes, which overlap nothing.
 */
import { boxArea } from './boxes';
import { Parameters } from './parameters';

/** Column offsets are multiples of `stride`, the bytes of a column. */
export const AREA = 4;
export const SCORE = 5;
export const ID = 6;

/** Appends a box; the first box of each vector clears the vector. */
export function appendBox(p: Parameters, n: i32, box: v128, score: f32, id: u32): void {
  const stride = p.columnBytes;
  const at = p.columns + ((<usize>n) << 2);
  if ((n & 3) == 0) {
    const empty = f32x4.splat(0);
    for (let c: usize = 0; c < 7; c++) v128.store(at + c * stride, empty);
  }
  store<f32>(at, f32x4.extract_lane(box, 0));
  store<f32>(at + stride, f32x4.extract_lane(box, 1));
  store<f32>(at + 2 * stride, f32x4.extract_lane(box, 2));
  store<f32>(at + 3 * stride, f32x4.extract_lane(box, 3));
  store<f32>(at + AREA * stride, boxArea(box));
  store<f32>(at + SCORE * stride, score);
  store<u32>(at + ID * stride, id);
}

/** Intersections and unions of one box with the four boxes at an address. */
export abstract class Overlap {
  /** @param at address of the four boxes' x1 */
  @inline
  static intersection(at: usize, stride: usize, x1: v128, y1: v128, x2: v128, y2: v128): v128 {
    const zero = f32x4.splat(0);
    const left = f32x4.pmax(x1, v128.load(at));
    const top = f32x4.pmax(y1, v128.load(at + stride));
    const right = f32x4.pmin(x2, v128.load(at + 2 * stride));
    const bottom = f32x4.pmin(y2, v128.load(at + 3 * stride));
    const width = f32x4.pmax(f32x4.sub(right, left), zero);
    const height = f32x4.pmax(f32x4.sub(bottom, top), zero);
    return f32x4.mul(width, height);
  }

  @inline
  static union(at: usize, stride: usize, area: v128, intersection: v128): v128 {
    return f32x4.sub(f32x4.add(area, v128.load(at + AREA * stride)), intersection);
  }
}
