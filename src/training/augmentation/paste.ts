/** Selects boxes from other images to paste (copy-paste, arXiv 2012.07177, with rectangles), and their positions. */
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

/** Boxes by class, so that every class is equally likely. */
export type DonorPool = readonly (readonly Donor[])[];

/** Smaller boxes, by the longer side in fractions of the image, are not pasted. */
const MIN_SIDE = 0.05;
const TRIALS = 10;

/** All boxes that can be pasted, one list per class; classes without any are left out. */
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

/** The images of a sample. */
export interface SampleSources {
  /** The image itself; with three others for a mosaic. */
  images: readonly number[];
  /** Boxes to paste. */
  donors: readonly Donor[];
}

/** @param imageCount number of images to choose from */
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

/** A position for a box that covers little of the other boxes; undefined when none was found. */
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
