/**
 * PASCAL VOC corners: xmin, ymin, xmax, ymax name the first and the last pixel of the object,
 * counted from 1, so that a box's width is xmax − xmin + 1.
 */
import type { Box } from '../../boxes.ts';

/** [xmin, ymin, xmax, ymax] as VOC writes them: 1-based, the last pixel included. */
export type VocCorners = readonly [xmin: number, ymin: number, xmax: number, ymax: number];

/** The box in continuous source-image pixels that covers the pixels xmin..xmax, ymin..ymax. */
export function boxFromVocCorners([xmin, ymin, xmax, ymax]: VocCorners): Box {
  return { x: xmin - 1, y: ymin - 1, width: xmax - xmin + 1, height: ymax - ymin + 1 };
}

/** Inverse of {@link boxFromVocCorners}: the corners that the VOC devkit computes with. */
export function vocCorners({ x, y, width, height }: Box): VocCorners {
  return [x + 1, y + 1, x + width, y + height];
}
