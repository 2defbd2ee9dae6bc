/**
 * Updates of weights by their gradients, four at a time, on parts of flat buffers. `count` is a
 * multiple of 4: src/training/memory/parameter-layout.ts pads every tensor with zeros, which stay zero.
 */

/** Σ x², in f64. */
export function sumOfSquares(values: usize, count: i32): f64 {
  let sum = f64x2.splat(0);
  for (const end = values + ((<usize>count) << 2); values < end; values += 16) {
    const v = v128.load(values);
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
    sum = f64x2.add(sum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** sum += scale · values */
export function addScaled(sum: usize, values: usize, count: i32, scale: f32): void {
  const factor = f32x4.splat(scale);
  for (const end = sum + ((<usize>count) << 2); sum < end; sum += 16, values += 16) {
    v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(v128.load(values), factor)));
  }
}

/** average += rate · (values - average) */
export function moveAverage(average: usize, values: usize, count: i32, rate: f32): void {
  const factor = f32x4.splat(rate);
  for (const end = average + ((<usize>count) << 2); average < end; average += 16, values += 16) {
    const old = v128.load(average);
    const difference = f32x4.sub(v128.load(values), old);
    v128.store(average, f32x4.add(old, f32x4.mul(difference, factor)));
  }
}

/**
 * SGD with momentum as in Caffe, with the learning rate inside the momentum:
 * v = momentum · v + rate · (scale · g + decay · w), w -= v.
 */
export function sgdStep(
  weights: usize,
  gradients: usize,
  velocities: usize,
  count: i32,
  rate: f32,
  momentum: f32,
  decay: f32,
  scale: f32,
): void {
  const rates = f32x4.splat(rate);
  const momenta = f32x4.splat(momentum);
  const decays = f32x4.splat(decay);
  const scales = f32x4.splat(scale);
  for (let at: usize = 0; at < (<usize>count) << 2; at += 16) {
    const w = v128.load(weights + at);
    const slope = f32x4.add(f32x4.mul(v128.load(gradients + at), scales), f32x4.mul(w, decays));
    const v = f32x4.add(f32x4.mul(v128.load(velocities + at), momenta), f32x4.mul(slope, rates));
    v128.store(velocities + at, v);
    v128.store(weights + at, f32x4.sub(w, v));
  }
}

/**
 * AdamW (arXiv 1711.05101, algorithm 2): m and v are the running means of g and g²,
 * w -= rate · (m · correction1 / (√(v · correction2) + epsilon) + decay · w).
 * @param correction1,correction2 1 / (1 - betaᵗ)
 */
export function adamwStep(
  weights: usize,
  gradients: usize,
  first: usize,
  second: usize,
  count: i32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  decay: f32,
  scale: f32,
  correction1: f32,
  correction2: f32,
): void {
  const scales = f32x4.splat(scale);
  const gain1 = f32x4.splat(1 - beta1);
  const gain2 = f32x4.splat(1 - beta2);
  const corrections1 = f32x4.splat(rate * correction1);
  const corrections2 = f32x4.splat(correction2);
  const epsilons = f32x4.splat(epsilon);
  const shrink = f32x4.splat(1 - rate * decay);
  for (let at: usize = 0; at < (<usize>count) << 2; at += 16) {
    const g = f32x4.mul(v128.load(gradients + at), scales);
    let m = v128.load(first + at);
    let v = v128.load(second + at);
    m = f32x4.add(m, f32x4.mul(f32x4.sub(g, m), gain1));
    v = f32x4.add(v, f32x4.mul(f32x4.sub(f32x4.mul(g, g), v), gain2));
    v128.store(first + at, m);
    v128.store(second + at, v);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(v, corrections2)), epsilons);
    const update = f32x4.div(f32x4.mul(m, corrections1), root);
    v128.store(weights + at, f32x4.sub(f32x4.mul(v128.load(weights + at), shrink), update));
  }
}
