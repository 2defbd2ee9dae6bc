/** Multi-scale testing (paper §4, "RefineDet+"; scales and box sizes of the released code). */
import type { Box } from '../boxes.ts';
import { INPUT_MULTIPLE } from '../model/input-size.ts';
import { FLAG, type Rule, resolveFields } from '../option-checks.ts';
import { type Size, type View, type ViewPlan, wholeImage } from './views.ts';

/**
 * Scales of the released multi-scale testing, each with the box sizes (source pixels) that it accepts:
 * enlarged images find the small objects, the reduced image finds the large objects.
 */
const SCALES: readonly { scale: number; accepts?: (box: Box) => boolean }[] = [
  { scale: 1 },
  { scale: 0.6, accepts: (box) => longerSide(box) > 32 },
  { scale: 1.2, accepts: (box) => shorterSide(box) < 160 },
  { scale: 1.4, accepts: (box) => shorterSide(box) < 128 },
  { scale: 1.6, accepts: (box) => shorterSide(box) < 96 },
  { scale: 1.8, accepts: (box) => shorterSide(box) < 64 },
  { scale: 2, accepts: (box) => shorterSide(box) < 48 },
  { scale: 2.2, accepts: (box) => shorterSide(box) < 32 },
];

const KNOWN_SCALES: readonly number[] = SCALES.map(({ scale }) => scale);
/** The VOC protocol leaves out 2.0, which the COCO protocol adds. */
const VOC_SCALES = KNOWN_SCALES.filter((scale) => scale !== 2);

/** Scale of the short side in one extra pass; the long side keeps its full resolution. */
const ANISOTROPIC_SCALE = 0.6;

/** Passes of multi-scale testing ("RefineDet+"). */
export interface MultiScaleOptions {
  /** Input scales, any of 0.6, 1, 1.2, 1.4, 1.6, 1.8, 2 and 2.2; default all but 2. */
  scales?: readonly number[];
  /** Run every pass on the mirrored image too; default true. */
  flip?: boolean;
  /** Add the pass with a squeezed short side; default true. */
  anisotropic?: boolean;
}

const DEFAULTS: Required<MultiScaleOptions> = { scales: VOC_SCALES, flip: true, anisotropic: true };

const RULES: Record<keyof MultiScaleOptions, Rule> = {
  scales: [
    (v) => Array.isArray(v) && v.length > 0 && v.every((scale) => KNOWN_SCALES.includes(scale)),
    `a list out of ${KNOWN_SCALES.join(', ')}`,
  ],
  flip: FLAG,
  anisotropic: FLAG,
};

/**
 * Creates the views of multi-scale testing.
 * @throws INVALID_OPTION, also for a scale without a size rule
 */
export function multiScaleViews(options: MultiScaleOptions = {}): ViewPlan {
  const { scales, flip, anisotropic } = resolveFields('multiScale', options, DEFAULTS, RULES);
  const chosen = scales.map((scale) => SCALES.find((candidate) => candidate.scale === scale)!);
  return (image, input) => {
    const crop = wholeImage(image);
    const views = chosen.map(
      ({ scale, accepts }): View => ({
        crop,
        input: scaled(input, scale, scale),
        flip: false,
        accepts,
      }),
    );
    if (anisotropic) {
      const isWide = image.width >= image.height;
      const [sx, sy] = isWide ? [1, ANISOTROPIC_SCALE] : [ANISOTROPIC_SCALE, 1];
      views.push({ crop, input: scaled(input, sx, sy), flip: false });
    }
    return flip ? views.flatMap((view) => [view, { ...view, flip: true }]) : views;
  };
}

function scaled(input: Size, scaleX: number, scaleY: number): Size {
  const round = (n: number) => Math.max(1, Math.round(n / INPUT_MULTIPLE)) * INPUT_MULTIPLE;
  return { width: round(input.width * scaleX), height: round(input.height * scaleY) };
}

function longerSide(box: Box): number {
  return Math.max(box.width, box.height);
}

function shorterSide(box: Box): number {
  return Math.min(box.width, box.height);
}
