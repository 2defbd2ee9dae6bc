/**
 * Box conventions. Inside the package a box is four normalized corners (x1, y1, x2, y2) in a flat
 * Float32Array; at the public boundary it is {@link Box}, in source-image pixels.
 */

/** An axis-aligned box in source-image pixels; `x`, `y` is the top-left corner. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** One detected object. */
export interface Detection {
  /** Class name. */
  label: string;
  /** Index into the model's `classes` (0 is the first object class; background is not counted). */
  classId: number;
  /** Confidence in [0, 1]. */
  score: number;
  /** Box in source-image pixels, clipped to the image. */
  box: Box;
}

/** Intersection over union of two boxes; 0 when either has no area. */
export function boxIou(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (!(width > 0 && height > 0)) return 0;
  const intersection = width * height;
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}
