/** How well the anchors of a preset fit boxes: what training can match at all. */
import { ANCHOR_DEFAULTS, cellShapes } from '../../anchors.ts';
import type { Box } from '../../boxes.ts';
import type { ImageSize } from '../image-size.ts';

/** A box as the network sees it, normalized by the image size: (cx, cy, w, h). */
export type NormalizedBox = readonly [cx: number, cy: number, w: number, h: number];

export function normalizeBox(box: Box, { width, height }: ImageSize): NormalizedBox {
  return [
    (box.x + box.width / 2) / width,
    (box.y + box.height / 2) / height,
    box.width / width,
    box.height / height,
  ];
}

/**
 * A function that tells the highest IoU of any anchor with a box. Among equal shapes the anchor with the nearest center
 * wins, since the overlap falls with the distance in either direction: one anchor per level and
 * shape is enough.
 * @param inputSize pixels a side
 */
export function anchorFit(inputSize: number): (box: NormalizedBox) => number {
  const levels = ANCHOR_DEFAULTS.strides.map((stride, level) => ({
    cells: Math.ceil(inputSize / stride),
    step: stride / inputSize,
    shapes: cellShapes(level, inputSize, inputSize, ANCHOR_DEFAULTS),
  }));
  return ([cx, cy, w, h]) => {
    let best = 0;
    for (const { cells, step, shapes } of levels) {
      const dx = Math.abs(cx - nearestCenter(cx, step, cells));
      const dy = Math.abs(cy - nearestCenter(cy, step, cells));
      for (let a = 0; a < shapes.length; a += 2) {
        const overlap = commonLength(dx, w, shapes[a]) * commonLength(dy, h, shapes[a + 1]);
        best = Math.max(best, overlap / (w * h + shapes[a] * shapes[a + 1] - overlap));
      }
    }
    return best;
  };
}

function nearestCenter(position: number, step: number, cells: number): number {
  const cell = Math.min(Math.max(Math.floor(position / step), 0), cells - 1);
  return (cell + 0.5) * step;
}

/** Overlap of two intervals of the given lengths whose centers are `distance` apart. */
function commonLength(distance: number, a: number, b: number): number {
  return Math.max(0, Math.min(a, b, (a + b) / 2 - distance));
}
