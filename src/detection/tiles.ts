/** Overlapping tiles: small objects in large images. */
import type { Box } from '../boxes.ts';
import { INPUT_MULTIPLE } from '../model/input-size.ts';
import { FLAG, type Rule, resolveFields, wholeFrom } from '../option-checks.ts';
import { plainView, type Size, type ViewPlan } from './views.ts';

/** Options for the overlapping tiles of a large image. */
export interface TileOptions {
  /** Side of a tile in source pixels; default twice the network input. */
  size?: number;
  /** Overlap of neighbors as a fraction of the tile, 0 to 0.9; default 0.25. */
  overlap?: number;
  /** Also detect in the whole image, for objects larger than a tile; default true. */
  whole?: boolean;
}

/** A box this close (pixels) to an inner tile edge counts as an object that the edge cuts. */
const EDGE_MARGIN = 2;

const DEFAULTS = { overlap: 0.25, whole: true };

const RULES: Record<keyof TileOptions, Rule> = {
  size: wholeFrom(INPUT_MULTIPLE),
  overlap: [(v) => typeof v === 'number' && v >= 0 && v <= 0.9, 'a number from 0 to 0.9'],
  whole: FLAG,
};

/**
 * Covers an image with tiles. An object that a tile edge cuts is left to the neighbor.
 * @throws INVALID_OPTION
 */
export function tileViews(options: TileOptions = {}): ViewPlan {
  const { size: given, overlap, whole } = resolveFields('tiles', options, DEFAULTS, RULES);
  return (image, input) => {
    const size = given ?? 2 * Math.max(input.width, input.height);
    const views = whole ? [plainView(image, input)] : [];
    if (whole && image.width <= size && image.height <= size) return views;
    for (const [y, height] of spans(image.height, size, overlap)) {
      for (const [x, width] of spans(image.width, size, overlap)) {
        const crop = { x, y, width, height };
        views.push({ crop, input, flip: false, accepts: (box) => !isCut(box, crop, image) });
      }
    }
    return views;
  };
}

/** Spreads [start, length] pieces evenly over `total` with at least the given overlap. */
function spans(total: number, size: number, overlap: number): [number, number][] {
  if (total <= size) return [[0, total]];
  const count = Math.ceil((total - size) / (size * (1 - overlap))) + 1;
  const step = (total - size) / (count - 1);
  return Array.from({ length: count }, (_, i) => [Math.round(i * step), size]);
}

function isCut(box: Box, tile: Box, image: Size): boolean {
  const right = tile.x + tile.width;
  const bottom = tile.y + tile.height;
  return (
    (tile.x > 0 && box.x < tile.x + EDGE_MARGIN) ||
    (tile.y > 0 && box.y < tile.y + EDGE_MARGIN) ||
    (right < image.width && box.x + box.width > right - EDGE_MARGIN) ||
    (bottom < image.height && box.y + box.height > bottom - EDGE_MARGIN)
  );
}
