/** Which inputs a network can have. */
import { checkFields, checkValue, type Rule } from '../option-checks.ts';
import type { Model } from './model.ts';

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

/** Network input in pixels: a side or both, multiples of 64. */
export type InputSize = number | { width: number; height: number };

const SIDE = inputSide();

/** What kind of value it is; {@link checkInputSize} looks at the sides. */
export const INPUT_SIZE: Rule = [
  (v) => typeof v === 'number' || (typeof v === 'object' && v !== null),
  'a side or { width, height }',
];

/** @throws INVALID_OPTION naming the value */
export function checkInputSize(inputSize: InputSize | undefined): void {
  if (typeof inputSize === 'number') checkValue('inputSize', inputSize, SIDE);
  else if (inputSize) checkFields('inputSize.', inputSize, { width: SIDE, height: SIDE });
}

/** The model at the given input size. */
export function withInputSize<M extends Pick<Model, 'config'>>(
  model: M,
  inputSize: InputSize | undefined,
): M {
  if (inputSize === undefined) return model;
  const [inputWidth, inputHeight] =
    typeof inputSize === 'number' ? [inputSize, inputSize] : [inputSize.width, inputSize.height];
  return { ...model, config: { ...model.config, inputWidth, inputHeight } };
}
