/** The anchor grid: which box each row of the heads' outputs refers to (paper section 3.3). */
import { RefineDetError } from './errors.ts';

/** Plain data: stored in the model file. One stride and one size a level, shallowest level first. */
export interface AnchorOptions {
  /** Distance between neighbouring centres, input pixels. Default 8, 16, 32, 64. */
  strides: readonly number[];
  /** Side of the square anchor, input pixels. Default 32, 64, 128, 256: four strides. */
  sizes: readonly number[];
  /** Width / height of the anchors of a cell, in order. Default 1, 2, 1/2; the area stays the same. */
  ratios: readonly number[];
  /** Limit cx, cy, w and h to [0, 1], as the PyTorch port does. Default false, as in Caffe. */
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
 * All anchors as (cx, cy, w, h), normalised by the input size: [N, 4], in the order of the heads'
 * outputs: level, row, column, anchor of the cell.
 * @param levels feature-map shapes, shallowest (stride 8) first; as the layers round them
 * @throws INVALID_ARGUMENT when the options describe another number of levels
 */
export function anchorGrid(
  levels: readonly GridShape[],
  inputHeight: number,
  inputWidth: number,
  options: AnchorOptions = ANCHOR_DEFAULTS,
): Float32Array {
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

/** Normalised (w, h) of every anchor of a cell: [A, 2]. */
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

/**
 * Anchor options from untrusted JSON (a model file); what is absent takes its default.
 * @throws INVALID_OPTION naming the offending value
 */
export function parseAnchorOptions(value: unknown): AnchorOptions {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RefineDetError('INVALID_OPTION', `anchors must be an object, not ${show(value)}`);
  }
  const given = value as Record<string, unknown>;
  const list = (name: 'strides' | 'sizes' | 'ratios'): readonly number[] => {
    const numbers = given[name] ?? ANCHOR_DEFAULTS[name];
    const valid =
      Array.isArray(numbers) &&
      numbers.length > 0 &&
      numbers.length <= MAX_ENTRIES &&
      numbers.every((n) => Number.isFinite(n) && n > 0);
    if (valid) return numbers;
    throw new RefineDetError(
      'INVALID_OPTION',
      `anchors.${name} must be 1 to ${MAX_ENTRIES} positive numbers, not ${show(numbers)}`,
    );
  };
  const clip = given['clip'] ?? ANCHOR_DEFAULTS.clip;
  if (typeof clip !== 'boolean') {
    throw new RefineDetError(
      'INVALID_OPTION',
      `anchors.clip must be true or false, not ${show(clip)}`,
    );
  }
  return { strides: list('strides'), sizes: list('sizes'), ratios: list('ratios'), clip };
}

function show(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 80);
}
