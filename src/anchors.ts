/** The anchor grid: the box that each row of the heads' outputs refers to (paper section 3.3). */
import { RefineDetError } from './errors.ts';
import { checkFields, checkObject, FLAG, type Rule, show } from './option-checks.ts';

/** Plain data, stored in the model file. One stride and one size per level, shallowest level first. */
export interface AnchorOptions {
  /** Distance between neighboring centers, in input pixels. Default 8, 16, 32, 64. */
  strides: readonly number[];
  /** Side of the square anchor, in input pixels. Default 32, 64, 128, 256: four strides. */
  sizes: readonly number[];
  /** Width / height of the anchors of a cell, in order; all have the same area. Default 1, 2, 1/2. */
  ratios: readonly number[];
  /** Limits cx, cy, w and h to [0, 1], like the PyTorch port. Default false, like Caffe. */
  clip: boolean;
}

export const ANCHOR_DEFAULTS: AnchorOptions = {
  strides: [8, 16, 32, 64],
  sizes: [32, 64, 128, 256],
  ratios: [1, 2, 0.5],
  clip: false,
};

/** Rows and columns of a feature map; further dimensions are ignored. */
export type GridShape = readonly [rows: number, columns: number, ...rest: number[]];

/**
 * Number of anchors (N) of the given levels.
 * @throws INVALID_ARGUMENT when the options describe another number of levels
 */
export function anchorCount(
  levels: readonly GridShape[],
  { strides, sizes, ratios }: AnchorOptions = ANCHOR_DEFAULTS,
): number {
  if (strides.length !== levels.length || sizes.length !== levels.length) {
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `${levels.length} feature maps need as many anchor strides and sizes, not ${strides.length} and ${sizes.length}`,
    );
  }
  return levels.reduce((sum, [rows, columns]) => sum + rows * columns * ratios.length, 0);
}

/**
 * Computes all anchors as (cx, cy, w, h), normalized by the input size: [N, 4], in the order of the heads'
 * outputs: level, row, column, anchor of the cell.
 * @param levels feature-map shapes, shallowest (stride 8) first, with the rounding of the layers
 * @throws INVALID_ARGUMENT for invalid sizes, or when the options describe another number of
 *   levels; INVALID_OPTION for an invalid option
 */
export function anchorGrid(
  levels: readonly GridShape[],
  inputHeight: number,
  inputWidth: number,
  options: AnchorOptions = ANCHOR_DEFAULTS,
): Float32Array {
  checkFields('options.', checkObject('options', options), RULES);
  checkSizes(levels, inputHeight, inputWidth);
  const { ratios, clip } = options;
  const anchors = new Float32Array(4 * anchorCount(levels, options));
  const limit = clip ? 1 : Number.POSITIVE_INFINITY;
  let at = 0;
  levels.forEach(([rows, columns], level) => {
    const shapes = cellShapes(level, inputHeight, inputWidth, options);
    const stepX = options.strides[level] / inputWidth;
    const stepY = options.strides[level] / inputHeight;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        for (let a = 0; a < ratios.length; a++) {
          anchors[at++] = Math.min((x + 0.5) * stepX, limit);
          anchors[at++] = Math.min((y + 0.5) * stepY, limit);
          anchors[at++] = Math.min(shapes[2 * a], limit);
          anchors[at++] = Math.min(shapes[2 * a + 1], limit);
        }
      }
    }
  });
  return anchors;
}

/** Largest number of rows or columns of a feature map, or of pixels of an input side. */
const MAX_SIDE = 2 ** 16;

function checkSizes(levels: readonly GridShape[], inputHeight: number, inputWidth: number): void {
  const isSide = (low: number) => (value: unknown) =>
    Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= MAX_SIDE;
  const isShape = (shape: unknown) =>
    Array.isArray(shape) && shape.length >= 2 && shape.slice(0, 2).every(isSide(0));
  const wrong = (name: string, expected: string, value: unknown) =>
    new RefineDetError(
      'INVALID_ARGUMENT',
      `${name} must be ${expected} up to ${MAX_SIDE}, not ${show(value)}`,
    );
  if (!Array.isArray(levels) || !levels.every(isShape)) {
    throw wrong('levels', 'a list of [rows, columns], whole numbers', levels);
  }
  const input = [inputHeight, inputWidth];
  if (!input.every(isSide(1))) throw wrong('the input', '[height, width], whole numbers', input);
}

/** Normalized (w, h) of every anchor of a cell: [A, 2]. */
export function cellShapes(
  level: number,
  inputHeight: number,
  inputWidth: number,
  { sizes, ratios }: AnchorOptions,
): Float64Array {
  return Float64Array.from(
    ratios.flatMap((ratio) => [
      (sizes[level] * Math.sqrt(ratio)) / inputWidth,
      sizes[level] / Math.sqrt(ratio) / inputHeight,
    ]),
  );
}

const MAX_ENTRIES = 64;

const POSITIVE_NUMBERS: Rule = [
  (v) =>
    Array.isArray(v) &&
    v.length > 0 &&
    v.length <= MAX_ENTRIES &&
    v.every((n) => Number.isFinite(n) && n > 0),
  `1 to ${MAX_ENTRIES} positive numbers`,
];

const RULES: Record<keyof AnchorOptions, Rule> = {
  strides: POSITIVE_NUMBERS,
  sizes: POSITIVE_NUMBERS,
  ratios: POSITIVE_NUMBERS,
  clip: FLAG,
};

/**
 * Checks anchor options from untrusted JSON (a model file) and fills in defaults.
 * @throws INVALID_OPTION with the offending value
 */
export function parseAnchorOptions(value: unknown): AnchorOptions {
  const given: Partial<AnchorOptions> = checkObject('anchors', value);
  const { strides, sizes, ratios, clip } = { ...ANCHOR_DEFAULTS, ...given };
  const options = { strides, sizes, ratios, clip };
  checkFields('anchors.', options, RULES);
  return options;
}
