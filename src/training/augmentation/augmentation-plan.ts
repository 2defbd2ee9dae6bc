/**
 * Decides everything random about a training sample before any pixel is processed: which part of
 * which image goes where, with which colors, and the resulting boxes.
 */
import type { Random } from '../../random.ts';
import type { Truth } from '../loss/truth.ts';
import type { AugmentationOptions } from './augmentation-options.ts';
import { type ColorMatrix, sampleColor } from './color-jitter.ts';
import { placeBox } from './paste.ts';
import { sampleCanvas, sampleCrop } from './random-crop.ts';
import {
  type LabeledBox,
  mirror,
  type Region,
  relativeTo,
  toBoxes,
  toTruth,
  visible,
  WHOLE,
  within,
} from './region.ts';

/** One image's part in a sample. Later tiles cover earlier ones. */
export interface Tile {
  /** Index into the images of the sample. */
  image: number;
  /** Visible part, in fractions of the image; beyond the image's edges is the mean color. */
  from: Region;
  /** Target area, in fractions of the sample. */
  to: Region;
  /** Mirrored left to right. */
  flip: boolean;
  colors: ColorMatrix;
}

export interface SamplePlan {
  tiles: readonly Tile[];
  /** Boxes in fractions of the sample: inside [0, 1], each with an area. */
  truth: Truth;
}

/** A box to cut out of an image. */
export interface Cutout {
  /** Boxes of the image. */
  truth: Truth;
  /** Index of the box. */
  box: number;
}

/**
 * @param random generator of this sample: the same state gives the same plan
 * @param images one image, or four for a mosaic
 * @param cutouts boxes to paste, each from its own image: images n, n + 1 … of the tiles
 */
export function planSample(
  random: Random,
  options: AugmentationOptions,
  images: readonly Truth[],
  cutouts: readonly Cutout[] = [],
): SamplePlan {
  const tiles: Tile[] = [];
  const boxes: LabeledBox[] = [];
  const places = images.length === 1 ? [WHOLE] : quadrants(random, options.mosaic);
  places.forEach((to, image) => {
    const shown = planImage(random, options, images[image], images.length === 1);
    tiles.push({ image, to, ...shown.tile });
    boxes.push(...placed(shown.boxes, to));
  });
  cutouts.forEach(({ truth, box }, i) => {
    const cut = toBoxes(truth)[box];
    const to = placeBox(random, cut, boxes, options.paste);
    if (!to) return;
    tiles.push({
      image: images.length + i,
      from: { x: cut.x1, y: cut.y1, width: cut.x2 - cut.x1, height: cut.y2 - cut.y1 },
      to,
      flip: random.chance(options.flip.probability),
      colors: sampleColor(random, options.color),
    });
    boxes.push(...placed([{ ...cut, x1: 0, y1: 0, x2: 1, y2: 1 }], to));
  });
  return { tiles, truth: toTruth(boxes) };
}

/** SSD's steps in order: colors, zoom out, crop, mirror. Images of a mosaic are not zoomed out. */
function planImage(
  random: Random,
  options: AugmentationOptions,
  truth: Truth,
  mayExpand: boolean,
): { tile: Omit<Tile, 'image' | 'to'>; boxes: LabeledBox[] } {
  const colors = sampleColor(random, options.color);
  const canvas = mayExpand ? sampleCanvas(random, options.expand) : WHOLE;
  const onCanvas = relativeTo(canvas, toBoxes(truth));
  const part = sampleCrop(random, onCanvas, options.crop);
  const flip = random.chance(options.flip.probability);
  const boxes = visible(relativeTo(part, onCanvas));
  return {
    tile: { from: within(canvas, part), flip, colors },
    boxes: flip ? mirror(boxes) : boxes,
  };
}

function quadrants(random: Random, { split }: AugmentationOptions['mosaic']): Region[] {
  const [x, y] = [random.between(...split), random.between(...split)];
  return random.shuffle([
    { x: 0, y: 0, width: x, height: y },
    { x, y: 0, width: 1 - x, height: y },
    { x: 0, y, width: x, height: 1 - y },
    { x, y, width: 1 - x, height: 1 - y },
  ]);
}

/** Converts boxes from fractions of a region to fractions of the sample. */
function placed(boxes: readonly LabeledBox[], to: Region): LabeledBox[] {
  const sample = {
    x: -to.x / to.width,
    y: -to.y / to.height,
    width: 1 / to.width,
    height: 1 / to.height,
  };
  return visible(relativeTo(sample, boxes));
}
