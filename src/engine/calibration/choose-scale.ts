/** Chooses the step between neighboring 8-bit numbers that changes the values of a map least. */
import type { Bins } from './histogram.ts';

/** Candidates for the largest magnitude that does not saturate, as parts of the largest one. */
const CANDIDATES = 60;
const SMALLEST = 0.25;

/**
 * Returns the step with the smallest mean square error, rounding and saturation together.
 * @param levels largest 8-bit number
 */
export function chooseScale(bins: Bins, levels: number): number {
  const most = bins.magnitudes.at(-1) ?? 0;
  let best = { scale: most / levels, error: Number.POSITIVE_INFINITY };
  for (let i = 0; i <= CANDIDATES; i++) {
    const scale = (most * (1 - ((1 - SMALLEST) * i) / CANDIDATES)) / levels;
    const error = squareError(bins, scale, levels);
    if (error < best.error) best = { scale, error };
  }
  return best.scale;
}

function squareError({ magnitudes, counts }: Bins, scale: number, levels: number): number {
  const limit = levels * scale;
  const rounding = scale ** 2 / 12;
  let sum = 0;
  for (let i = 0; i < magnitudes.length; i++) {
    const excess = magnitudes[i] - limit;
    sum += counts[i] * (excess > 0 ? excess ** 2 : rounding);
  }
  return sum;
}
