/** Input sizes that a network can have. */
import { checkFields, checkValue, type Rule } from '../option-checks.ts';
import type { Model } from './model.ts';

/** The network halves its input six times. */
export const INPUT_MULTIPLE = 64;

/** The first feature maps of larger inputs do not fit into the 4 GiB that wasm can address. */
const MAX_INPUT_SIDE = 4096;

/** Rule for one side of a network input, in pixels. */
export function inputSide(most = MAX_INPUT_SIDE): Rule {
  return [
    (v) => typeof v === 'number' && v > 0 && v <= most && v % INPUT_MULTIPLE === 0,
    `a multiple of ${INPUT_MULTIPLE} up to ${most}`,
  ];
}

/** Network input in pixels, multiples of 64: the side of a square, or width and height. */
export type InputSize = number | { width: number; height: number };

const SIDE = inputSide();

/** Rule for the kind of value; {@link checkInputSize} checks the sides. */
export const INPUT_SIZE: Rule = [
  (v) => typeof v === 'number' || (typeof v === 'object' && v !== null),
  'a side or { width, height }',
];

/** @throws INVALID_OPTION naming the value */
export function checkInputSize(inputSize: InputSize | undefined): void {
  if (typeof inputSize === 'number') checkValue('inputSize', inputSize, SIDE);
  else if (inputSize) checkFields('inputSize.', inputSize, { width: SIDE, height: SIDE });
}

/** Returns the model with another input size. */
export function withInputSize<M extends Pick<Model, 'config'>>(
  model: M,
  inputSize: InputSize | undefined,
): M {
  if (inputSize === undefined) return model;
  const [inputWidth, inputHeight] =
    typeof inputSize === 'number' ? [inputSize, inputSize] : [inputSize.width, inputSize.height];
  return { ...model, config: { ...model.config, inputWidth, inputHeight } };
}
