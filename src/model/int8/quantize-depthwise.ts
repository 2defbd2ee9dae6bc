/** The numbers of an 8-bit depthwise convolution; assembly/byte-depthwise.ts computes with them. */
import { RefineDetError } from '../../errors.ts';

/** A depthwise 3×3 convolution with the scales of the maps around it. */
export interface DepthwiseFilter {
  /** [3, 3, channels] */
  weight: Float32Array;
  /** [channels] */
  bias: Float32Array;
  /** Scales of the input and of the output [channels]. */
  input: Float32Array;
  output: Float32Array;
}

const MAX_BYTE = 255;
const MAX_WORD = 2 ** 15 - 1;
/** An input is shifted by 7 bits and a product by 15 bits to the right, so a weight of 2^8 is one. */
const ONE = 2 ** 8;
/** Each of nine products and the start is rounded by at most a half. */
const ROUNDING = 5;
const MAX_BITS = 15;

/**
 * Returns [3, 3, channels] weights, [channels] starts and [channels] multipliers. A sum has as many
 * bits behind the output's as fit 16 bits for any input; only with weights beyond all measure, which
 * leave no bit, the largest inputs saturate it.
 * @throws MODEL_METADATA when the scales do not fit the weights
 */
export function quantizeDepthwise({ weight, bias, input, output }: DepthwiseFilter): Int16Array {
  const channels = bias.length;
  const numbers = new Int16Array(weight.length + 2 * channels);
  const starts = numbers.subarray(weight.length);
  const multipliers = starts.subarray(channels);
  for (let c = 0; c < channels; c++) {
    const scale = input[c] / output[c];
    let most = Math.abs(bias[c] / output[c]);
    for (let at = c; at < weight.length; at += channels) {
      most += Math.abs(weight[at]) * scale * MAX_BYTE;
    }
    let bits = MAX_BITS;
    while (bits > 1 && most * 2 ** bits > MAX_WORD - ROUNDING) bits--;
    for (let at = c; at < weight.length; at += channels) {
      numbers[at] = word(weight[at] * scale * ONE * 2 ** bits);
    }
    starts[c] = word((bias[c] / output[c]) * 2 ** bits);
    multipliers[c] = 2 ** (MAX_BITS - bits);
  }
  return numbers;
}

/** A weight may exceed the words by what the largest input, 255 instead of 256, leaves. */
function word(value: number): number {
  const rounded = Math.round(value);
  if (Math.abs(rounded) <= MAX_WORD + ONE) return Math.max(-MAX_WORD, Math.min(MAX_WORD, rounded));
  throw new RefineDetError(
    'MODEL_METADATA',
    "the model's calibration does not fit its weights: a scale is too small",
  );
}
