/**
 * Augmentation of training images: plain data. The defaults are SSD's, which the paper takes over;
 * mosaic and pasted boxes are ours and off.
 */
import { FRACTION, listOf, numberBetween, type Rule, wholeFrom } from '../../option-checks.ts';
import { type PartialOptions, resolveOptions, type Schema } from '../../option-schema.ts';

/** Lowest and highest value; values are drawn uniformly between them. */
export type Range = readonly [low: number, high: number];

/** Random changes of training images and their boxes. */
export interface AugmentationOptions {
  /** Color jitter: brightness, contrast, saturation and hue, each with this probability. */
  color: {
    /** Default 0.5. */
    probability: number;
    /** Largest value to add or subtract, on the scale of 0 to 255. Default 32. */
    brightness: number;
    /** Factor of all channels. Default 0.5 to 1.5. */
    contrast: Range;
    /** Factor of the distance from gray. Default 0.5 to 1.5. */
    saturation: Range;
    /**
     * Largest rotation of the hue in either direction, in steps of OpenCV's 8-bit HSV: two degrees. Default 18,
     * the released code's 36°.
     */
    hue: number;
  };
  /** Zoom out: puts the image on a larger canvas of the mean color. */
  expand: {
    /** Default 0.5. */
    probability: number;
    /** Largest side of the canvas, in sides of the image. Default 4. */
    maxRatio: number;
  };
  /** Zoom in: takes a random part of the image that overlaps a box enough. */
  crop: {
    /**
     * For each value, a part is searched that overlaps some box by at least this IoU; then one of
     * the parts found, or the whole image, is taken. An empty list switches cropping off. Default
     * 0.1, 0.3, 0.5, 0.7, 0.9 and 0 (any).
     */
    minOverlaps: readonly number[];
    /** Square root of the crop's area, in fractions of the image. Default 0.3 to 1. */
    scale: Range;
    /** Width / height, in fractions of the image. Default 0.5 to 2. */
    aspect: Range;
    /** Random parts drawn for each of `minOverlaps`. Default 50. */
    trials: number;
  };
  flip: {
    /** Default 0.5. */
    probability: number;
  };
  /** Four images combined into one. */
  mosaic: {
    /** Default 0. */
    probability: number;
    /** Point where the images meet, in fractions of the sides. Default 0.3 to 0.7. */
    split: Range;
  };
  /** Boxes cut from other images, rare classes first. */
  paste: {
    /** Default 0. */
    probability: number;
    /** Largest number of pasted boxes per image. Default 3. */
    maxBoxes: number;
    /** Factor of the size of a pasted box. Default 0.5 to 1.5. */
    scale: Range;
    /** Largest share of another box that a pasted box may cover. Default 0.3. */
    maxCover: number;
  };
}

export const AUGMENTATION: Schema<AugmentationOptions> = {
  color: {
    probability: [FRACTION, 0.5],
    brightness: [numberBetween(0, 255), 32],
    contrast: [rangeBetween(0, 10), [0.5, 1.5]],
    saturation: [rangeBetween(0, 10), [0.5, 1.5]],
    hue: [numberBetween(0, 90), 18],
  },
  expand: expandSchema(0.5, 4),
  crop: {
    minOverlaps: [listOf(FRACTION), [0.1, 0.3, 0.5, 0.7, 0.9, 0]],
    scale: [rangeBetween(0.05, 1), [0.3, 1]],
    aspect: [rangeBetween(0.1, 10), [0.5, 2]],
    trials: [wholeFrom(1), 50],
  },
  flip: { probability: [FRACTION, 0.5] },
  mosaic: { probability: [FRACTION, 0], split: [rangeBetween(0.1, 0.9), [0.3, 0.7]] },
  paste: {
    probability: [FRACTION, 0],
    maxBoxes: [wholeFrom(1), 3],
    scale: [rangeBetween(0.05, 10), [0.5, 1.5]],
    maxCover: [FRACTION, 0.3],
  },
};

/** The zoom out with other defaults. */
export function expandSchema(
  probability: number,
  maxRatio: number,
): Schema<AugmentationOptions['expand']> {
  return { probability: [FRACTION, probability], maxRatio: [numberBetween(1, 16), maxRatio] };
}

function rangeBetween(low: number, high: number): Rule {
  const [isIn, expected] = numberBetween(low, high);
  return [
    (v) => Array.isArray(v) && v.length === 2 && v.every(isIn) && v[0] <= v[1],
    `a list of two, the lower one first, each ${expected}`,
  ];
}

/** Every group and value may be left out. */
export type PartialAugmentation = PartialOptions<AugmentationOptions>;

/** Leaves every image unchanged: only resizes it. */
export const NO_AUGMENTATION: PartialAugmentation = {
  color: { probability: 0 },
  expand: { probability: 0 },
  crop: { minOverlaps: [] },
  flip: { probability: 0 },
};

/**
 * Fills in defaults and checks every value.
 * @throws INVALID_OPTION naming the option and the value
 */
export function resolveAugmentation(given: PartialAugmentation = {}): AugmentationOptions {
  return resolveOptions('augmentation', given, AUGMENTATION);
}
