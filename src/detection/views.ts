/**
 * A view is one pass of the network over a part of the picture at one input size. Plain detection is
 * one view; the multi-scale test (paper §4, "RefineDet+") and tiling are several, merged afterwards.
 */
import type { Box } from '../boxes.ts';
import { RefineDetError } from '../errors.ts';

/** The network halves its input six times. */
export const INPUT_MULTIPLE = 64;

export interface Size {
  width: number;
  height: number;
}

export interface View {
  /** Part of the picture, in source pixels. */
  crop: Box;
  /** Network input, multiples of 64. */
  input: Size;
  flip: boolean;
  /** Whether a box (source pixels) found in this view counts; absent: all do. */
  accepts?: (box: Box) => boolean;
}

/** The whole picture at the model's input size. */
export function plainView(image: Size, input: Size): View {
  return { crop: wholeImage(image), input, flip: false };
}

/**
 * Scales of the released multi-scale test with the box sizes, in source pixels, that each is trusted
 * with: enlarged pictures find the small objects, the reduced one the large objects.
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

/** The VOC protocol leaves out 2.0, which the COCO protocol adds. */
const VOC_SCALES: readonly number[] = SCALES.map(({ scale }) => scale).filter(
  (scale) => scale !== 2,
);

/** Long side at full, short side at reduced resolution, in one extra pass. */
const ANISOTROPIC_SCALE = 0.6;

export interface MultiScaleOptions {
  /** Input scales, out of 0.6, 1, 1.2, 1.4, 1.6, 1.8, 2 and 2.2; default all but 2. */
  scales?: readonly number[];
  /** Run every pass on the mirrored picture too; default true. */
  flip?: boolean;
  /** Add the pass with a squeezed short side; default true. */
  anisotropic?: boolean;
}

/**
 * Views of the multi-scale test.
 * @throws INVALID_OPTION for a scale without a size rule
 */
export function multiScaleViews(image: Size, input: Size, options: MultiScaleOptions = {}): View[] {
  const { scales = VOC_SCALES, flip = true, anisotropic = true } = options;
  const crop = wholeImage(image);
  const views: View[] = scales.map((scale) => {
    const rule = SCALES.find((candidate) => candidate.scale === scale);
    if (!rule) {
      const known = SCALES.map((candidate) => candidate.scale).join(', ');
      throw new RefineDetError(
        'INVALID_OPTION',
        `multiScale.scales must be out of ${known}, not ${scale}`,
      );
    }
    return { crop, input: scaled(input, scale, scale), flip: false, accepts: rule.accepts };
  });
  if (anisotropic) {
    const [sx, sy] = image.width >= image.height ? [1, ANISOTROPIC_SCALE] : [ANISOTROPIC_SCALE, 1];
    views.push({ crop, input: scaled(input, sx, sy), flip: false });
  }
  return flip ? views.flatMap((view) => [view, { ...view, flip: true }]) : views;
}

export interface TileOptions {
  /** Side of a tile in source pixels; default twice the network input. */
  size?: number;
  /** Overlap of neighbours as a fraction of the tile, 0 to 0.9; default 0.25. */
  overlap?: number;
  /** Also look at the whole picture, for objects larger than a tile; default true. */
  whole?: boolean;
}

/** A box this close (pixels) to an inner tile edge is taken for an object that the edge cuts. */
const EDGE_MARGIN = 2;

/** Overlapping tiles over a large picture. An object cut by a tile is left to its neighbour. */
export function tileViews(image: Size, input: Size, options: TileOptions = {}): View[] {
  const { size = 2 * Math.max(input.width, input.height), overlap = 0.25, whole = true } = options;
  if (!(Number.isInteger(size) && size >= INPUT_MULTIPLE)) {
    throw new RefineDetError(
      'INVALID_OPTION',
      `tiles.size must be a whole number of pixels from 64, not ${size}`,
    );
  }
  if (!(overlap >= 0 && overlap <= 0.9)) {
    throw new RefineDetError(
      'INVALID_OPTION',
      `tiles.overlap must be from 0 to 0.9, not ${overlap}`,
    );
  }
  const views = whole ? [plainView(image, input)] : [];
  if (whole && image.width <= size && image.height <= size) return views;
  for (const [y, height] of spans(image.height, size, overlap)) {
    for (const [x, width] of spans(image.width, size, overlap)) {
      const crop = { x, y, width, height };
      views.push({ crop, input, flip: false, accepts: (box) => !isCut(box, crop, image) });
    }
  }
  return views;
}

/** Evenly spread [start, length] pieces that cover `total` with at least the given overlap. */
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

function scaled(input: Size, scaleX: number, scaleY: number): Size {
  const round = (n: number) => Math.max(1, Math.round(n / INPUT_MULTIPLE)) * INPUT_MULTIPLE;
  return { width: round(input.width * scaleX), height: round(input.height * scaleY) };
}

function wholeImage({ width, height }: Size): Box {
  return { x: 0, y: 0, width, height };
}

function longerSide(box: Box): number {
  return Math.max(box.width, box.height);
}

function shorterSide(box: Box): number {
  return Math.min(box.width, box.height);
}
