/** Which inputs a network can have. */
import type { Rule } from '../option-checks.ts';

/** The network halves its input six times. */
export const INPUT_MULTIPLE = 64;

/** Of larger inputs the first feature maps do not fit into the 4 GiB that wasm can address. */
const MAX_INPUT_SIDE = 4096;

/** A side of a network input, in pixels. */
export function inputSide(most = MAX_INPUT_SIDE): Rule {
  return [
    (v) => typeof v === 'number' && v > 0 && v <= most && v % INPUT_MULTIPLE === 0,
    `a multiple of ${INPUT_MULTIPLE} up to ${most}`,
  ];
}
