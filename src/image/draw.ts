/** Draws detections on an image: boxes and labels such as "cat 0.93" or "cat #7 0.93", all inside the image. */
import type { Box, Detection } from '../boxes.ts';
import { drawText, fillRect, type Rect, toRgb } from './canvas.ts';
import { BLACK, classColor, type Rgb, textColor } from './colors.ts';
import { type Label, makeLabel, placeLabel } from './label.ts';
import { type RawImage, type Size, validateRawImage } from './raw-image.ts';

/** Sizes are fractions of the image's mean side, with the smallest number of pixels that is visible. */
const LINE = { fraction: 1 / 240, least: 2 };
const CAPITALS = { fraction: 1 / 60, least: 8 };

/** Line width and height of capitals for an image, in pixels. */
export function drawingSizes({ width, height }: Size): { line: number; capHeight: number } {
  const side = Math.sqrt(width * height);
  const [line, capHeight] = [LINE, CAPITALS].map(({ fraction, least }) =>
    Math.max(least, Math.round(side * fraction)),
  );
  return { line, capHeight };
}

/** A dark edge on both sides keeps a line visible on any background. */
const EDGE_OPACITY = 0.5;

/**
 * Returns an annotated copy of an image, RGB. Line width and text size follow the image's size; a class
 * has the same color in every image; detections with higher scores are drawn on top.
 * @param detections boxes in pixels of this image
 * @throws INVALID_ARGUMENT, IMAGE_EMPTY
 */
export function drawDetections(
  image: RawImage,
  detections: readonly (Detection & { trackId?: number })[],
): RawImage {
  validateRawImage(image);
  const canvas = toRgb(image);
  const { line, capHeight } = drawingSizes(canvas);

  const bestFirst = [...detections].sort((a, b) => b.score - a.score);
  const taken: Rect[] = [];
  const items = bestFirst.map(({ label, score, box, classId, trackId }) => {
    const frame = toRect(box, canvas);
    const track = trackId === undefined ? '' : ` #${trackId}`;
    const chip = makeLabel(`${label}${track} ${score.toFixed(2)}`, capHeight, canvas);
    const place = chip && placeLabel(chip, frame, canvas, taken);
    if (place) taken.push(place);
    return { frame, chip, place, color: classColor(classId) };
  });
  items.reverse();
  for (const { frame, color } of items) drawFrame(canvas, frame, line, color);
  for (const { chip, place, color } of items) {
    if (chip && place) drawLabel(canvas, chip, place, color);
  }
  return canvas;
}

/** Whole pixels inside the image, at least one. */
function toRect({ x, y, width, height }: Box, canvas: RawImage): Rect {
  const clamp = (value: number, least: number, most: number) =>
    Math.max(least, Math.min(most, Math.round(value)));
  const left = clamp(x, 0, canvas.width - 1);
  const top = clamp(y, 0, canvas.height - 1);
  return {
    left,
    top,
    right: clamp(x + width, left + 1, canvas.width),
    bottom: clamp(y + height, top + 1, canvas.height),
  };
}

/** Draws a line along the inside of a rectangle. */
function drawFrame(canvas: RawImage, rect: Rect, line: number, color: Rgb): void {
  const edge = Math.max(1, Math.round(line / 4));
  const outside = grow(rect, edge);
  strokeRect(canvas, outside, edge, BLACK, EDGE_OPACITY);
  strokeRect(canvas, rect, line, color);
  const inside = grow(rect, -line);
  if (inside.left < inside.right && inside.top < inside.bottom) {
    strokeRect(canvas, inside, edge, BLACK, EDGE_OPACITY);
  }
}

function grow({ left, top, right, bottom }: Rect, by: number): Rect {
  return { left: left - by, top: top - by, right: right + by, bottom: bottom + by };
}

/** Four bars that do not overlap, so that translucent lines have the same opacity everywhere. */
function strokeRect(canvas: RawImage, rect: Rect, line: number, color: Rgb, opacity = 1): void {
  const { left, top, right, bottom } = rect;
  const innerTop = Math.min(top + line, bottom);
  const innerBottom = Math.max(bottom - line, innerTop);
  const innerLeft = Math.min(left + line, right);
  const innerRight = Math.max(right - line, innerLeft);
  fillRect(canvas, { left, top, right, bottom: innerTop }, color, opacity);
  fillRect(canvas, { left, top: innerBottom, right, bottom }, color, opacity);
  const sides = { top: innerTop, bottom: innerBottom };
  fillRect(canvas, { ...sides, left, right: innerLeft }, color, opacity);
  fillRect(canvas, { ...sides, left: innerRight, right }, color, opacity);
}

/** Draws text on a colored rectangle of its size. */
export function drawLabel(canvas: RawImage, label: Label, place: Rect, color: Rgb): void {
  fillRect(canvas, place, color);
  drawText(canvas, label.text, place.left + label.padding, place.top, textColor(color));
}
