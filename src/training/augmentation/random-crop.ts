/** SSD's zoom-out, and its random crop that shows enough of a box. */
import type { Random } from '../../random.ts';
import type { AugmentationOptions } from './augmentation-options.ts';
import {
  boxArea,
  isCentered,
  type LabeledBox,
  type Region,
  relativeTo,
  sharedArea,
  WHOLE,
} from './region.ts';

/** A canvas around the image, in fractions of the image: larger than the image. */
export function sampleCanvas(random: Random, options: AugmentationOptions['expand']): Region {
  if (!random.chance(options.probability)) return WHOLE;
  const ratio = random.between(1, options.maxRatio);
  return {
    x: -random.between(0, ratio - 1),
    y: -random.between(0, ratio - 1),
    width: ratio,
    height: ratio,
  };
}

/**
 * Returns a crop of a canvas: for each minimum overlap, finds the first crop that overlaps some box by as
 * much; returns one of these or the whole canvas at random, like the released code. Unlike there, a crop
 * must contain the center of a box: otherwise nothing would be left to learn.
 * @param boxes in fractions of the canvas
 */
export function sampleCrop(
  random: Random,
  boxes: readonly LabeledBox[],
  options: AugmentationOptions['crop'],
): Region {
  const objects = boxes.filter(({ ignored }) => !ignored);
  const found = [WHOLE];
  if (objects.length === 0) return WHOLE;
  for (const least of options.minOverlaps) {
    for (let trial = 0; trial < options.trials; trial++) {
      const part = samplePart(random, options);
      if (!objects.some((box) => overlap(part, box) >= least)) continue;
      if (!relativeTo(part, objects).some(isCentered)) continue;
      found.push(part);
      break;
    }
  }
  return random.pick(found);
}

/** A crop of random size, shape and position inside the canvas. */
function samplePart(random: Random, { scale, aspect }: AugmentationOptions['crop']): Region {
  const side = random.between(...scale);
  // Neither side may be longer than the canvas.
  const ratio = Math.min(Math.max(random.between(...aspect), side ** 2), side ** -2);
  const width = Math.min(side * Math.sqrt(ratio), 1);
  const height = Math.min(side / Math.sqrt(ratio), 1);
  return {
    x: random.between(0, 1 - width),
    y: random.between(0, 1 - height),
    width,
    height,
  };
}

/** Intersection over union. */
function overlap(part: Region, box: LabeledBox): number {
  const shared = sharedArea(part, box);
  return shared / (part.width * part.height + boxArea(box) - shared);
}
