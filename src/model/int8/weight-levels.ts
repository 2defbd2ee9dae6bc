/**
 * The weights of an 8-bit convolution as levels. Where a file has stored them as levels with the same steps, as
 * it does for a calibrated model, they are used as they are: restoring the floats and rounding them again gives
 * the same numbers, but took a third of the time to load the default model.
 */
import type { Levels, WeightTensor } from '../graph.ts';

/** Levels on each side of zero. */
export const LEVELS = 127;

/** The weight of a convolution with the scales of its input. */
export interface ScaledWeight {
  /** [taps · channels, filters] */
  weight: Pick<WeightTensor, 'data' | 'levels'>;
  /** Scales of the input [channels]. */
  input: Float32Array;
}

/** Returns the largest weight of each column, multiplied by the scale of its input [filters]. */
export function largestWeights({ weight, input }: ScaledWeight, filters: number): Float64Array {
  const { levels } = weight;
  if (levels && hasOneScale(input)) {
    const largest = largestLevels(levels, filters);
    return largest.map((level, n) => Math.abs(Math.fround(level * levels.scales[n]) * input[0]));
  }
  const { data } = weight;
  const largest = new Float64Array(filters);
  for (let k = 0, at = 0; at < data.length; k++) {
    const scale = input[k % input.length];
    for (let n = 0; n < filters; n++, at++) {
      largest[n] = Math.max(largest[n], Math.abs(data[at] * scale));
    }
  }
  return largest;
}

/**
 * Rounds weights to levels, -127..127.
 * @param steps the size of a level, in units of the sum [filters]
 * @returns [taps · channels, filters]; may be the stored levels themselves
 */
export function weightLevels({ weight, input }: ScaledWeight, steps: Float64Array): Int8Array {
  const filters = steps.length;
  const { levels } = weight;
  if (levels && hasOneScale(input) && haveSteps(levels, input[0], steps)) return levels.values;
  const { data } = weight;
  const rounded = new Int8Array(data.length);
  for (let k = 0, at = 0; at < data.length; k++) {
    const scale = input[k % input.length];
    for (let n = 0; n < filters; n++, at++) {
      const level = Math.round((data[at] * scale) / steps[n]);
      rounded[at] = Math.max(-LEVELS, Math.min(LEVELS, level));
    }
  }
  return rounded;
}

/** Half of what rounding forgives, so that the errors of the floats in between never matter. */
const SAFE_ERROR = 0.25;

/** Whether the stored levels are what rounding to these steps would return. */
function haveSteps(levels: Levels, input: number, steps: Float64Array): boolean {
  return largestLevels(levels, steps.length).every((level, n) => {
    const ratio = (levels.scales[n] * input) / steps[n];
    return level <= LEVELS && level * Math.abs(ratio - 1) < SAFE_ERROR;
  });
}

/** With one scale for each channel of the input, the levels of a weight depend on both channels. */
export function hasOneScale(input: Float32Array): boolean {
  return input.every((scale) => scale === input[0]);
}

/** Returns the largest level of each column, without its sign [filters]. */
function largestLevels({ values }: Levels, filters: number): Float64Array {
  const largest = new Int16Array(filters);
  for (let at = 0; at < values.length; ) {
    for (let n = 0; n < filters; n++, at++) {
      const level = values[at] < 0 ? -values[at] : values[at];
      if (level > largest[n]) largest[n] = level;
    }
  }
  return Float64Array.from(largest);
}
