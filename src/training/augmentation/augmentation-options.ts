/**
 * Augmentation of training images: plain data. The defaults are SSD's, which the paper uses too;
 * mosaic and pasted boxes are our additions and off by default.
 */
import { checkFields, checkObject, FRACTION, type Rule, wholeFrom } from '../../option-checks.ts';

/** Lowest and highest value; drawn uniformly in between. */
export type Range = readonly [low: number, high: number];

export interface AugmentationOptions {
  /** Color jitter. Each of the four steps happens independently with this probability. */
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
  /** Zoom out: the image becomes a part of a larger canvas of the mean color. */
  expand: {
    /** Default 0.5. */
    probability: number;
    /** Largest side of the canvas, in sides of the image. Default 4. */
    maxRatio: number;
  };
  /** Zoom in: a random crop that overlaps a box enough. */
  crop: {
    /**
     * For each value, a crop is sought that overlaps some box by at least this IoU; then one of the
     * crops found, or the whole image, is used. An empty list never crops. Default
     * 0.1, 0.3, 0.5, 0.7, 0.9 and 0 (any).
     */
    minOverlaps: readonly number[];
    /** Square root of the crop's area, in fractions of the image. Default 0.3 to 1. */
    scale: Range;
    /** Width / height, in fractions of the image. Default 0.5 to 2. */
    aspect: Range;
    /** Number of trials for each of `minOverlaps`. Default 50. */
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

export const AUGMENTATION_DEFAULTS: Readonly<AugmentationOptions> = {
  color: {
    probability: 0.5,
    brightness: 32,
    contrast: [0.5, 1.5],
    saturation: [0.5, 1.5],
    hue: 18,
  },
  expand: { probability: 0.5, maxRatio: 4 },
  crop: {
    minOverlaps: [0.1, 0.3, 0.5, 0.7, 0.9, 0],
    scale: [0.3, 1],
    aspect: [0.5, 2],
    trials: 50,
  },
  flip: { probability: 0.5 },
  mosaic: { probability: 0, split: [0.3, 0.7] },
  paste: { probability: 0, maxBoxes: 3, scale: [0.5, 1.5], maxCover: 0.3 },
};

/** Options in which every group and value is optional. */
export type PartialAugmentation = {
  [Group in keyof AugmentationOptions]?: Partial<AugmentationOptions[Group]>;
};

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
  const { color, expand, crop, flip, mosaic, paste, ...unknown } = checkObject(
    'augmentation',
    given,
  ) as PartialAugmentation;
  checkFields('augmentation.', unknown, {});
  return {
    color: group('color', color),
    expand: group('expand', expand),
    crop: group('crop', crop),
    flip: group('flip', flip),
    mosaic: group('mosaic', mosaic),
    paste: group('paste', paste),
  };
}

function group<Name extends keyof AugmentationOptions>(
  name: Name,
  given: Partial<AugmentationOptions[Name]> = {},
): AugmentationOptions[Name] {
  const prefix = `augmentation.${name}`;
  const values = { ...AUGMENTATION_DEFAULTS[name], ...checkObject(prefix, given) };
  checkFields(`${prefix}.`, values, RULES[name]);
  return values;
}

function numberBetween(low: number, high: number): Rule {
  return [(v) => typeof v === 'number' && v >= low && v <= high, `a number from ${low} to ${high}`];
}

function rangeBetween(low: number, high: number): Rule {
  const isIn = (v: unknown) => typeof v === 'number' && v >= low && v <= high;
  return [
    (v) => Array.isArray(v) && v.length === 2 && v.every(isIn) && v[0] <= v[1],
    `two numbers from ${low} to ${high}, the lower one first`,
  ];
}

const OVERLAPS: Rule = [
  (v) => Array.isArray(v) && v.every(FRACTION[0]),
  'a list, each a number from 0 to 1',
];

const RULES: {
  [Group in keyof AugmentationOptions]: Record<keyof AugmentationOptions[Group], Rule>;
} = {
  color: {
    probability: FRACTION,
    brightness: numberBetween(0, 255),
    contrast: rangeBetween(0, 10),
    saturation: rangeBetween(0, 10),
    hue: numberBetween(0, 90),
  },
  expand: { probability: FRACTION, maxRatio: numberBetween(1, 16) },
  crop: {
    minOverlaps: OVERLAPS,
    scale: rangeBetween(0.05, 1),
    aspect: rangeBetween(0.1, 10),
    trials: wholeFrom(1),
  },
  flip: { probability: FRACTION },
  mosaic: { probability: FRACTION, split: rangeBetween(0.1, 0.9) },
  paste: {
    probability: FRACTION,
    maxBoxes: wholeFrom(1),
    scale: rangeBetween(0.05, 10),
    maxCover: FRACTION,
  },
};
