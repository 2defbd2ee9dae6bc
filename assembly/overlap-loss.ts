/**
 * Losses of boxes by their overlap: GIoU (arXiv 1902.09630, algorithm 2), DIoU and CIoU (arXiv
 * 1911.08287, equations 7 and 10).
 *
 * All vectors hold a box as (-x1, -y1, x2, y2): then every lane grows when the box grows, and the four
 * derivatives have one formula.
 */

/** Kinds of the loss of boxes, in the order of BOX_LOSSES in src/training/loss/loss-options.ts. */
export const SMOOTH_L1 = 0;
const GIOU = 1;
const CIOU = 3;

/** Divisors are at least as large, so that boxes without an area give numbers. */
const SMALLEST: f32 = 1e-20;
/** 4 / π² */
const ASPECT_FACTOR: f32 = 0.40528473;

/** Which lanes fall when the box moves to the right and down. */
abstract class Signs {
  @inline
  static whole(): v128 {
    return f32x4(-1, -1, 1, 1);
  }

  @inline
  static half(): v128 {
    return f32x4(-0.5, -0.5, 0.5, 0.5);
  }
}

/** IoU of two boxes (x1, y1, x2, y2), 0 where they have no area. */
export function overlapOf(box: v128, truth: v128): f32 {
  const a = outward(box);
  const b = outward(truth);
  const shared = sharedArea(a, b);
  return shared / max(area(sizes(a)) + area(sizes(b)) - shared, SMALLEST);
}

/**
 * Returns the loss of a decoded box, and writes its gradient by the four offsets.
 * @param from box that the offsets move; like the others, corners (x1, y1, x2, y2)
 * @param scale factor of the gradient
 * @param gradient address of 4 floats; 0 for none
 */
export function overlapLoss(
  kind: i32,
  box: v128,
  truth: v128,
  from: v128,
  scale: f32,
  gradient: usize,
): f32 {
  const a = outward(box);
  const b = outward(truth);
  const size = sizes(a);
  const outer = sizes(f32x4.max(a, b));
  const grows = f32x4.gt(a, b);
  const shared = sharedArea(a, b);
  const joint = max(area(size) + area(sizes(b)) - shared, SMALLEST);
  const overlap = shared / joint;
  // Where the boxes do not touch, their shared area stays 0.
  const inner = f32x4.splat(shared > 0 ? 1 : 0);
  const bySharedArea = v128.and(f32x4.mul(swapAxes(sizes(f32x4.min(a, b))), inner), f32x4.lt(a, b));
  const byJointArea = f32x4.sub(swapAxes(size), bySharedArea);
  let slope = quotientSlope(overlap, bySharedArea, byJointArea, joint);
  let loss: f32 = 1 - overlap;
  slope = f32x4.neg(slope);
  if (kind == GIOU) {
    const hull = max(area(outer), SMALLEST);
    const filled = joint / hull;
    const byHull = v128.and(swapAxes(outer), grows);
    loss += 1 - filled;
    slope = f32x4.sub(slope, quotientSlope(filled, byJointArea, byHull, hull));
  } else {
    const shift = sizes(f32x4.mul(f32x4.sub(a, b), Signs.half()));
    const diagonal = max(squaredLength(outer), SMALLEST);
    const distance = squaredLength(shift) / diagonal;
    const byShift = f32x4.mul(shift, Signs.whole());
    const byDiagonal = v128.and(f32x4.add(outer, outer), grows);
    loss += distance;
    slope = f32x4.add(slope, quotientSlope(distance, byShift, byDiagonal, diagonal));
    if (kind == CIOU) {
      const angle = angleOf(sizes(b)) - angleOf(size);
      const aspect = ASPECT_FACTOR * angle * angle;
      // The weight of the term is a constant for the gradient (equation 11).
      const weight = aspect / max<f32>(aspect - overlap + 1, SMALLEST);
      loss += weight * aspect;
      const factor = (weight * angle * 2 * ASPECT_FACTOR) / max(squaredLength(size), SMALLEST);
      const byAngle = f32x4.mul(swapAxes(size), f32x4(-1, 1, -1, 1));
      slope = f32x4.add(slope, f32x4.mul(byAngle, f32x4.splat(factor)));
    }
  }
  if (gradient) v128.store(gradient, f32x4.mul(byOffsets(slope, size, from), f32x4.splat(scale)));
  return loss;
}

/** Chain rule of decodeBox: center = from + 0.1 · offset · size of from, size = exp(0.2 · offset) · ... */
function byOffsets(slope: v128, size: v128, from: v128): v128 {
  const byCenter = sizes(f32x4.mul(slope, Signs.whole()));
  const center = f32x4.mul(f32x4.mul(byCenter, sizes(outward(from))), f32x4.splat(0.1));
  const scale = f32x4.mul(f32x4.mul(sizes(slope), size), f32x4.splat(0.5 * 0.2));
  return v128.shuffle<f32>(center, scale, 0, 1, 4, 5);
}

/** Derivative of a quotient q = top / bottom. */
function quotientSlope(q: f32, byTop: v128, byBottom: v128, bottom: f32): v128 {
  const difference = f32x4.sub(byTop, f32x4.mul(f32x4.splat(q), byBottom));
  return f32x4.div(difference, f32x4.splat(bottom));
}

/** (x1, y1, x2, y2) to (-x1, -y1, x2, y2). */
function outward(box: v128): v128 {
  return f32x4.mul(box, Signs.whole());
}

/** (width, height, width, height); negative without an inside. */
function sizes(box: v128): v128 {
  return f32x4.add(box, v128.shuffle<f32>(box, box, 2, 3, 0, 1));
}

/** (width, height) to (height, width): the derivative of an area. */
function swapAxes(size: v128): v128 {
  return v128.shuffle<f32>(size, size, 1, 0, 3, 2);
}

function area(size: v128): f32 {
  return f32x4.extract_lane(size, 0) * f32x4.extract_lane(size, 1);
}

function sharedArea(a: v128, b: v128): f32 {
  return area(f32x4.max(sizes(f32x4.min(a, b)), f32x4.splat(0)));
}

function squaredLength(size: v128): f32 {
  const square = f32x4.mul(size, size);
  return f32x4.extract_lane(square, 0) + f32x4.extract_lane(square, 1);
}

/** Angle of the diagonal. */
function angleOf(size: v128): f32 {
  return Mathf.atan2(f32x4.extract_lane(size, 0), f32x4.extract_lane(size, 1));
}
