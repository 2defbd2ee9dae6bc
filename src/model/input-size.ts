/** Input sizes that a network can have. */
import { checkFields, checkValue, type Rule } from '../option-checks.ts';
import type { Model, ModelConfig } from './model.ts';

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

/**
 * Returns a sentence when a model is asked for a size that it was not trained at, nor between two such.
 * @param config of the model as its file describes it; `provenance.inputSizes` lists the sizes of its training
 */
export function unknownSize(
  { inputWidth, inputHeight, provenance }: ModelConfig,
  inputSize: InputSize | undefined,
): string | undefined {
  if (inputSize === undefined) return undefined;
  const name = (width: number, height: number) => `${width}×${height}`;
  const [width, height] = sidesOf(inputSize);
  const trained: unknown = provenance?.['inputSizes'];
  const sides = Array.isArray(trained) ? trained.filter((side) => Number.isFinite(side)) : [];
  const known = [
    ...new Set([name(inputWidth, inputHeight), ...sides.map((side) => name(side, side))]),
  ];
  if (known.includes(name(width, height))) return undefined;
  // What was learned from smaller and larger images holds for those between them.
  const isBetween = Math.min(...sides) < width && width < Math.max(...sides);
  if (width === height && isBetween) return undefined;
  return `refinedet detects at ${name(width, height)}, but the model was trained at ${known.join(', ')}: expect more errors, such as one object found several times`;
}

const sidesOf = (inputSize: InputSize): [width: number, height: number] =>
  typeof inputSize === 'number' ? [inputSize, inputSize] : [inputSize.width, inputSize.height];

/** Returns the model with another input size. */
export function withInputSize<M extends Pick<Model, 'config'>>(
  model: M,
  inputSize: InputSize | undefined,
): M {
  if (inputSize === undefined) return model;
  const [inputWidth, inputHeight] = sidesOf(inputSize);
  return { ...model, config: { ...model.config, inputWidth, inputHeight } };
}
