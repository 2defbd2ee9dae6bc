/**
 * The points of Winograd's F(4×4, 3×3) along one direction: polynomials evaluated at 0, ±√½, ±√2 and
 * infinity. Their reciprocal sizes keep the points at similar magnitudes, which leaves a third of the
 * rounding error of the textbook's 0, ±1, ±2 (Lavin and Gray, arXiv 1509.09308).
 */
import { copyFloats, PANEL_STEP, TILE_COLUMNS } from './gemm';

const IN = 6;
const TAPS = 3;

/** √½ and √2. */
const NEAR: f32 = 0.70710678118654752;
const FAR: f32 = 1.41421356237309505;

/** Each method stores its results `step` bytes apart. */
export abstract class Points {
  /** Six points of six inputs. */
  @inline
  static ofInputs(
    d0: v128,
    d1: v128,
    d2: v128,
    d3: v128,
    d4: v128,
    d5: v128,
    target: usize,
    step: usize,
  ): void {
    const middle = f32x4.splat(2.5);
    const near = f32x4.sub(d4, f32x4.add(d2, d2));
    const nearOdd = f32x4.mul(f32x4.sub(d3, f32x4.add(d1, d1)), f32x4.splat(NEAR));
    const half = f32x4.splat(0.5);
    const far = f32x4.sub(d4, f32x4.mul(d2, half));
    const farOdd = f32x4.mul(f32x4.sub(d3, f32x4.mul(d1, half)), f32x4.splat(FAR));
    v128.store(target, f32x4.add(f32x4.sub(d0, f32x4.mul(d2, middle)), d4));
    v128.store((target += step), f32x4.add(near, nearOdd));
    v128.store((target += step), f32x4.sub(near, nearOdd));
    v128.store((target += step), f32x4.add(far, farOdd));
    v128.store((target += step), f32x4.sub(far, farOdd));
    v128.store(target + step, f32x4.add(f32x4.sub(d1, f32x4.mul(d3, middle)), d5));
  }

  /** Six points of three taps of a filter. */
  @inline
  static ofTaps(g0: v128, g1: v128, g2: v128, target: usize, step: usize): void {
    // Each point divided by the product of its distances from the others.
    const near = f32x4.mul(f32x4.add(f32x4.mul(g2, f32x4.splat(0.5)), g0), f32x4.splat(-2.0 / 3.0));
    const nearOdd = f32x4.mul(g1, f32x4.splat((-2.0 / 3.0) * NEAR));
    const far = f32x4.mul(f32x4.add(f32x4.add(g2, g2), g0), f32x4.splat(1.0 / 6.0));
    const farOdd = f32x4.mul(g1, f32x4.splat(FAR / 6.0));
    v128.store(target, g0);
    v128.store((target += step), f32x4.add(near, nearOdd));
    v128.store((target += step), f32x4.sub(near, nearOdd));
    v128.store((target += step), f32x4.add(far, farOdd));
    v128.store((target += step), f32x4.sub(far, farOdd));
    v128.store(target + step, g2);
  }

  /** Four outputs of six points. */
  @inline
  static toOutputs(
    m0: v128,
    m1: v128,
    m2: v128,
    m3: v128,
    m4: v128,
    m5: v128,
    target: usize,
    step: usize,
  ): void {
    const two = f32x4.splat(2);
    const half = f32x4.splat(0.5);
    const near = f32x4.add(m1, m2);
    const nearOdd = f32x4.mul(f32x4.sub(m1, m2), f32x4.splat(NEAR));
    const far = f32x4.add(m3, m4);
    const farOdd = f32x4.mul(f32x4.sub(m3, m4), f32x4.splat(FAR));
    v128.store(target, f32x4.add(f32x4.add(near, far), m0));
    v128.store((target += step), f32x4.add(nearOdd, farOdd));
    v128.store((target += step), f32x4.add(f32x4.mul(near, half), f32x4.mul(far, two)));
    const cubes = f32x4.add(f32x4.mul(nearOdd, half), f32x4.mul(farOdd, two));
    v128.store(target + step, f32x4.add(cubes, m5));
  }
}

/** Scratch bytes that {@link winogradFilter} needs: the taps and half-way points of one channel. */
export function winogradFilterScratch(): usize {
  return <usize>(TAPS * TAPS) * PANEL_STEP + <usize>(IN * TAPS) * 16;
}

/**
 * The points of a filter, packed for the products: [6, 6, panels, channels, TILE_COLUMNS].
 *
 * @param filter [3, 3, channels, filters]
 * @param scratch winogradFilterScratch() bytes
 */
export function winogradFilter(
  filter: usize,
  packed: usize,
  channels: i32,
  filters: i32,
  scratch: usize,
): void {
  const rowBytes = (<usize>filters) << 2;
  const panels = (filters + TILE_COLUMNS - 1) / TILE_COLUMNS;
  const pointBytes = <usize>(panels * channels) * PANEL_STEP;
  const grid = scratch + <usize>(TAPS * TAPS) * PANEL_STEP;
  for (let column = 0; column < filters; column += TILE_COLUMNS) {
    const width = min(TILE_COLUMNS, filters - column);
    for (let c = 0; c < channels; c++, packed += PANEL_STEP) {
      memory.fill(scratch, 0, <usize>(TAPS * TAPS) * PANEL_STEP);
      for (let tap = 0; tap < TAPS * TAPS; tap++) {
        const row = filter + <usize>(tap * channels + c) * rowBytes + ((<usize>column) << 2);
        copyFloats(scratch + <usize>tap * PANEL_STEP, row, width);
      }
      for (let half: usize = 0; half < PANEL_STEP; half += 16) {
        transformTaps(scratch + half, grid, packed + half, pointBytes);
      }
    }
  }
}

function transformTaps(taps: usize, grid: usize, target: usize, pointBytes: usize): void {
  let column = grid;
  for (let j = 0; j < TAPS; j++, taps += PANEL_STEP, column += 16) {
    const g0 = v128.load(taps);
    const g1 = v128.load(taps + TAPS * PANEL_STEP);
    const g2 = v128.load(taps + 2 * TAPS * PANEL_STEP);
    Points.ofTaps(g0, g1, g2, column, 16 * TAPS);
  }
  for (let i = 0; i < IN; i++, grid += 16 * TAPS, target += IN * pointBytes) {
    Points.ofTaps(v128.load(grid), v128.load(grid, 16), v128.load(grid, 32), target, pointBytes);
  }
}
