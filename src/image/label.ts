/** Labels of boxes: their size, and a position for each that covers no other label. */
import type { Rect } from './canvas.ts';
import { renderText, type TextMask } from './text.ts';

/** Text with lower capitals than this, in pixels, is unreadable and is left out. */
const READABLE_CAP_HEIGHT = 5;

/** Space left and right of the text, as a fraction of the height of its capitals. */
const PADDING = 0.45;

export interface Label {
  text: TextMask;
  /** Pixels left and right of the text. */
  padding: number;
  width: number;
  height: number;
}

interface Size {
  width: number;
  height: number;
}

/**
 * Returns a label of the wanted size or, in a small image, the largest that fits;
 * undefined when that would be unreadable.
 */
export function makeLabel(content: string, capHeight: number, image: Size): Label | undefined {
  const label = labelOf(content, capHeight);
  const fit = Math.min(image.width / label.width, image.height / label.height);
  if (fit >= 1) return label;
  // One pixel less than fits, because sizes are rounded up.
  const smaller = capHeight * fit * ((image.width - 1) / image.width);
  if (!(smaller >= READABLE_CAP_HEIGHT)) return undefined;
  const small = labelOf(content, smaller);
  return small.width <= image.width && small.height <= image.height ? small : undefined;
}

function labelOf(content: string, capHeight: number): Label {
  const text = renderText(content, capHeight);
  const padding = Math.round(capHeight * PADDING);
  return { text, padding, width: text.width + 2 * padding, height: text.height };
}

/**
 * Finds the position of a label: above its box if it fits into the image, otherwise inside at the top,
 * below the box, or inside at the bottom; the first of these positions that is free.
 */
export function placeLabel(
  { width, height }: Size,
  box: Rect,
  image: Size,
  taken: readonly Rect[],
): Rect {
  const left = Math.min(box.left, image.width - width);
  const places = [box.top - height, box.top, box.bottom, box.bottom - height]
    .filter((top) => top >= 0 && top + height <= image.height)
    .map((top): Rect => ({ left, top, right: left + width, bottom: top + height }));
  const free = places.find((place) => !taken.some((other) => overlap(place, other)));
  if (free) return free;
  if (places.length > 0) return places[0];
  const top = Math.min(box.top, image.height - height);
  return { left, top, right: left + width, bottom: top + height };
}

function overlap(a: Rect, b: Rect): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
