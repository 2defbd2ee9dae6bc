/**
 * The numbers of an 8-bit convolution: weights of eight bits, one step per output channel, and how a
 * sum of products becomes an output. assembly/byte-gemm.ts computes with them.
 */
import { RefineDetError } from '../../errors.ts';
import { LEVELS, largestWeights, type ScaledWeight, weightLevels } from './weight-levels.ts';

/** A convolution as a matrix, with the scales of the maps around it. */
export interface ConvMatrix extends ScaledWeight {
  /** [filters] */
  bias: Float32Array;
  /** Scales of the output [filters]; absent: the output is float. */
  output?: Float32Array;
  /** Scales of the map that is added [filters]. */
  residual?: Float32Array;
}

export interface QuantizedConv {
  /** -127..127, [taps · channels, filters] */
  weights: Int8Array;
  /** Value of one unit of the sum [filters]: a weight is `steps · weights / input scale`. */
  steps: Float64Array;
  /** Starts of the sums [filters]. */
  starts: Int32Array;
  /** Bits by which a sum is shifted to the right. */
  shift: number;
  /** output = shifted sum · multiplier / 2^15 [filters] */
  multipliers: Int16Array;
  /** The same for the residual, in its own units [filters]. */
  residualMultipliers: Int16Array;
}

const ONE = 2 ** 15;
const MAX_MULTIPLIER = ONE - 1;
/** Keeps the rounding of shifted sums below a sixteenth of an output step. */
const SPARE = 16;
/**
 * Smallest multiplier of a sum. A shifted sum saturates at 16 bits: it must exceed 255 steps then.
 * Weights of channels that would need less use fewer levels, and are precise enough with them.
 */
const MIN_MULTIPLIER = 256;
/** A residual is added in sixteenths of a step, and enters multiplied by 2^7: FRACTION_BITS and RESIDUAL_SHIFT. */
const FRACTION = 16;
const RESIDUAL_UNIT = 2 ** 7;
const MAX_SHIFT = 20;
/** No sum of products reaches this; the output saturates long before. */
const MAX_START = 2 ** 30;
/** So that weights which are multiples of their step already keep it. */
const TOLERANCE = 1e-3;

/** @throws MODEL_METADATA when the scales do not fit the weights */
export function quantizeConv(conv: ConvMatrix): QuantizedConv {
  const { bias, output, residual } = conv;
  const filters = bias.length;
  const finest = finestSteps(conv);
  if (!output) {
    const steps = finest.map((step) => Math.fround(step || 1));
    return {
      ...integers(conv, steps, 0),
      steps,
      shift: 0,
      multipliers: new Int16Array(filters),
      residualMultipliers: new Int16Array(filters),
    };
  }
  const ratios = finest.map((step, n) => step / output[n]);
  const most = ratios.reduce((a, b) => Math.max(a, b), 0);
  const fraction = residual ? FRACTION : 1;
  let shift = 0;
  const limit = (MAX_MULTIPLIER + TOLERANCE) / (ONE * SPARE);
  while (shift < MAX_SHIFT && most * 2 ** (shift + 1) <= limit) shift++;
  const unit = ONE * fraction * 2 ** shift;
  const multipliers = Int16Array.from(ratios, (ratio) => {
    const needed = Math.max(MIN_MULTIPLIER * fraction, Math.ceil(ratio * unit - TOLERANCE));
    return requireMultiplier(needed);
  });
  const steps = Float64Array.from(multipliers, (m, n) => (m * output[n]) / unit);
  const residualMultipliers = new Int16Array(filters);
  for (let n = 0; residual && n < filters; n++) {
    const ratio = ((residual[n] / output[n]) * FRACTION * ONE) / RESIDUAL_UNIT;
    residualMultipliers[n] = requireMultiplier(Math.round(ratio));
  }
  return { ...integers(conv, steps, shift), steps, shift, multipliers, residualMultipliers };
}

function requireMultiplier(value: number): number {
  if (value <= MAX_MULTIPLIER) return value;
  throw new RefineDetError(
    'MODEL_METADATA',
    "the model's calibration does not fit its weights: a scale is too small",
  );
}

/** Returns the steps with which the largest weight of each column has the last level [filters]. */
export function finestSteps(conv: ConvMatrix): Float64Array {
  return largestWeights(conv, conv.bias.length).map((value) => value / LEVELS);
}

function integers(conv: ConvMatrix, steps: Float64Array, shift: number) {
  const half = shift > 0 ? 2 ** (shift - 1) : 0;
  const starts = Int32Array.from(conv.bias, (value, n) => {
    const start = Math.round(value / steps[n]) + half;
    return Math.max(-MAX_START, Math.min(MAX_START, start));
  });
  return { weights: weightLevels(conv, steps), starts };
}
