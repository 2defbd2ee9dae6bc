/** Merges raw detections of views and converts them to the public form. Boxes are normalized corners. */
import type { Box, Detection } from '../boxes.ts';
import type { Kernels } from '../kernels/module.ts';
import { mergeDetections, type RawDetections } from '../kernels/postprocess.ts';
import type { PostprocessOptions } from '../kernels/postprocess-options.ts';
import type { Size, View } from './views.ts';

/** Maps detections of a view to the whole image and drops boxes that the view does not accept. */
export function viewToImage(raw: RawDetections, view: View, image: Size): RawDetections {
  const { crop, flip, accepts } = view;
  const boxes: number[] = [];
  const kept: number[] = [];
  for (let i = 0; i < raw.count; i++) {
    const [x1, y1, x2, y2] = raw.boxes.subarray(4 * i, 4 * i + 4);
    const [left, right] = flip ? [1 - x2, 1 - x1] : [x1, x2];
    const box = {
      x: crop.x + left * crop.width,
      y: crop.y + y1 * crop.height,
      width: (right - left) * crop.width,
      height: (y2 - y1) * crop.height,
    };
    if (accepts && !accepts(box)) continue;
    boxes.push(...normalized(box, image));
    kept.push(i);
  }
  return {
    count: kept.length,
    boxes: Float32Array.from(boxes),
    scores: Float32Array.from(kept, (i) => raw.scores[i]),
    classIds: Int32Array.from(kept, (i) => raw.classIds[i]),
  };
}

/**
 * Merges several lists into one.
 * @param options of the union; undefined for a single list, which is returned unchanged
 */
export function mergeViews(
  kernels: Kernels,
  lists: readonly RawDetections[],
  classes: number,
  options: PostprocessOptions | undefined,
): RawDetections {
  if (options === undefined) return lists[0];
  const union = {
    boxes: concat(
      Float32Array,
      lists.map(({ boxes }) => boxes),
    ),
    scores: concat(
      Float32Array,
      lists.map(({ scores }) => scores),
    ),
    classIds: concat(
      Int32Array,
      lists.map(({ classIds }) => classIds),
    ),
  };
  return mergeDetections(kernels, union, classes, options);
}

/** Which detections are results. */
export interface ResultLimits {
  /** Lowest score. */
  scoreThreshold: number;
  maxDetections: number;
}

/** Converts the results to the public form, best first, with boxes in source pixels. */
export function toDetections(
  { count, boxes, scores, classIds }: RawDetections,
  { width, height }: Size,
  classes: readonly string[],
  { scoreThreshold, maxDetections }: ResultLimits,
): Detection[] {
  const threshold = Math.fround(scoreThreshold);
  const below = scores.findIndex((score, i) => i === count || score < threshold);
  const results = Math.min(below < 0 ? count : below, maxDetections);
  return Array.from({ length: results }, (_, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
    const classId = classIds[i];
    return {
      label: classes[classId],
      classId,
      score: scores[i],
      box: { x: x1 * width, y: y1 * height, width: (x2 - x1) * width, height: (y2 - y1) * height },
    };
  });
}

function concat<T extends Float32Array | Int32Array>(
  type: new (length: number) => T,
  parts: readonly T[],
): T {
  const all = new type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function normalized({ x, y, width, height }: Box, image: Size): number[] {
  const [right, bottom] = [x + width, y + height];
  return [x / image.width, y / image.height, right / image.width, bottom / image.height];
}
