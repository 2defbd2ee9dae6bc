/** SSD's four color jitters as one affine map: one matrix product per pixel. */
import type { Random } from '../../random.ts';
import type { AugmentationOptions } from './augmentation-options.ts';

/**
 * Red, green and blue as functions of red, green and blue, 0 to 255: three rows of three factors
 * and an offset.
 */
export type ColorMatrix = readonly number[];

export const UNCHANGED: ColorMatrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

/** Weights of the channels in lightness (Rec. 709, like in the SVG color filters). */
const LUMA = [0.2126, 0.7152, 0.0722] as const;
const DEGREES_A_STEP = 2;

/**
 * Brightness adds, contrast multiplies, saturation scales the distance from gray, hue rotates around
 * gray. Like in SSD, contrast comes either before or after saturation and hue. SSD works on HSV, where the
 * last two are not linear; here they are linear maps of the same name that keep lightness.
 */
export function sampleColor(random: Random, options: AugmentationOptions['color']): ColorMatrix {
  const { probability, brightness, contrast, saturation, hue } = options;
  const draw = (low: number, high: number, make: (value: number) => ColorMatrix) =>
    random.chance(probability) ? make(random.between(low, high)) : UNCHANGED;
  const brighten = draw(-brightness, brightness, shift);
  const stretch = draw(...contrast, scale);
  const saturate = draw(...saturation, saturationMatrix);
  const turn = draw(-hue, hue, (steps) => hueMatrix((steps * DEGREES_A_STEP * Math.PI) / 180));
  const order = random.chance(0.5)
    ? [brighten, stretch, saturate, turn]
    : [brighten, saturate, turn, stretch];
  return order.reduce((first, second) => compose(second, first));
}

function shift(by: number): ColorMatrix {
  return [1, 0, 0, by, 0, 1, 0, by, 0, 0, 1, by];
}

function scale(factor: number): ColorMatrix {
  return [factor, 0, 0, 0, 0, factor, 0, 0, 0, 0, factor, 0];
}

/** Scales the distance from gray by `factor`. */
function saturationMatrix(factor: number): ColorMatrix {
  return fromRows((row, column) => (1 - factor) * LUMA[column] + (row === column ? factor : 0));
}

/** Rotates the two color differences; the matrix of SVG's feColorMatrix hueRotate. */
function hueMatrix(angle: number): ColorMatrix {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [r, g, b] = LUMA;
  const sines = [
    [-r, -g, 1 - b],
    [0.143, 0.14, -0.283],
    [-(1 - r), g, b],
  ];
  return fromRows(
    (row, column) =>
      LUMA[column] + cos * (Number(row === column) - LUMA[column]) + sin * sines[row][column],
  );
}

function fromRows(factor: (row: number, column: number) => number): ColorMatrix {
  return [0, 1, 2].flatMap((row) => [factor(row, 0), factor(row, 1), factor(row, 2), 0]);
}

/** Applies `outer` to the result of `inner`. */
function compose(outer: ColorMatrix, inner: ColorMatrix): ColorMatrix {
  return [0, 1, 2].flatMap((row) => {
    const [r, g, b, constant] = outer.slice(4 * row, 4 * row + 4);
    return [0, 1, 2, 3].map(
      (column) =>
        r * inner[column] +
        g * inner[4 + column] +
        b * inner[8 + column] +
        (column === 3 ? constant : 0),
    );
  });
}
