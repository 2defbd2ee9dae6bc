/** Boxes cut from other images (copy-paste, arXiv 2012.07177, by rectangles): which, and where to. */
import type { Random } from '../../random.ts';
import type { Truth } from '../loss/truth.ts';
import type { AugmentationOptions } from './augmentation-options.ts';
import { boxArea, type LabeledBox, type Region, sharedArea } from './region.ts';

/** A box of the training data. */
export interface Donor {
  /** Index of its image. */
  image: number;
  /** Index of the box in the image. */
  box: number;
}

/** Boxes by class, so that every class is as likely as any other. */
export type DonorPool = readonly (readonly Donor[])[];

/** Smaller boxes, by the longer side in fractions of the image, are not worth pasting. */
const MIN_SIDE = 0.05;
const TRIALS = 10;

/** All boxes that can be pasted, in one list a class; classes without any are left out. */
export function donorPool(truths: readonly Truth[]): DonorPool {
  const byClass = new Map<number, Donor[]>();
  truths.forEach(({ boxes, classIds, ignored }, image) => {
    classIds.forEach((classId, box) => {
      const [x1, y1, x2, y2] = boxes.subarray(4 * box, 4 * box + 4);
      if (ignored[box] || Math.max(x2 - x1, y2 - y1) < MIN_SIDE) return;
      const donors = byClass.get(classId) ?? [];
      byClass.set(classId, donors);
      donors.push({ image, box });
    });
  });
  return [...byClass.values()];
}

/** The images that make a sample. */
export interface SampleSources {
  /** The image itself; with three others for a mosaic. */
  images: readonly number[];
  /** Boxes to paste. */
  donors: readonly Donor[];
}

/** @param imageCount images to choose from */
export function chooseSources(
  random: Random,
  { mosaic, paste }: AugmentationOptions,
  image: number,
  imageCount: number,
  pool: DonorPool,
): SampleSources {
  const others = random.chance(mosaic.probability) ? 3 : 0;
  const images = [image, ...Array.from({ length: others }, () => random.integer(imageCount))];
  const pastes = pool.length > 0 && random.chance(paste.probability);
  const count = pastes ? 1 + random.integer(paste.maxBoxes) : 0;
  const donors = Array.from({ length: count }, () => random.pick(random.pick(pool)));
  return { images, donors };
}

/** A place for a box among others; undefined when none was found that hides little of them. */
export function placeBox(
  random: Random,
  { x1, y1, x2, y2 }: LabeledBox,
  others: readonly LabeledBox[],
  { scale, maxCover }: AugmentationOptions['paste'],
): Region | undefined {
  for (let trial = 0; trial < TRIALS; trial++) {
    const factor = Math.min(random.between(...scale), 1 / (x2 - x1), 1 / (y2 - y1));
    const [width, height] = [factor * (x2 - x1), factor * (y2 - y1)];
    const place = {
      x: random.between(0, 1 - width),
      y: random.between(0, 1 - height),
      width,
      height,
    };
    if (others.every((other) => sharedArea(place, other) <= maxCover * boxArea(other)))
      return place;
  }
  return undefined;
}
