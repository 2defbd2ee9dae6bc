/** The drawing operations of annotated images, on RGB pixels. */
import { copyBytes } from '../copy-bytes.ts';
import type { Rgb } from './colors.ts';
import type { RawImage } from './raw-image.ts';
import type { TextMask } from './text.ts';

/** Pixels [left, right) × [top, bottom); whole numbers. */
export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Copies an image as RGB: gray is repeated, alpha is dropped. */
export function toRgb({ data, width, height, channels }: RawImage): RawImage {
  if (channels === 3) return { data: copyBytes(data), width, height, channels };
  const rgb = new Uint8Array(width * height * 3);
  const [green, blue] = channels === 1 ? [0, 0] : [1, 2];
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    rgb[to] = data[from];
    rgb[to + 1] = data[from + green];
    rgb[to + 2] = data[from + blue];
  }
  return { data: rgb, width, height, channels: 3 };
}

/** Fills the part of a rectangle that is inside the image. */
export function fillRect(image: RawImage, rect: Rect, color: Rgb, opacity = 1): void {
  const { data, width, height } = image;
  const left = Math.max(0, rect.left);
  const right = Math.min(width, rect.right);
  for (let y = Math.max(0, rect.top); y < Math.min(height, rect.bottom); y++) {
    for (let x = left; x < right; x++) blend(data, (y * width + x) * 3, color, opacity);
  }
}

/** Draws a straight line with round ends, smooth at its edges. */
export function drawLine(
  { data, width, height }: RawImage,
  [fromX, fromY]: readonly [x: number, y: number],
  [toX, toY]: readonly [x: number, y: number],
  thickness: number,
  color: Rgb,
  opacity = 1,
): void {
  const [dx, dy] = [toX - fromX, toY - fromY];
  const squared = dx ** 2 + dy ** 2;
  const reach = thickness / 2 + 1;
  const rows = between(fromY, toY, reach, height);
  const columns = between(fromX, toX, reach, width);
  for (let y = rows.from; y < rows.to; y++) {
    for (let x = columns.from; x < columns.to; x++) {
      const [px, py] = [x + 0.5 - fromX, y + 0.5 - fromY];
      const along = squared > 0 ? Math.max(0, Math.min(1, (px * dx + py * dy) / squared)) : 0;
      const distance = Math.hypot(px - along * dx, py - along * dy);
      const cover = Math.max(0, Math.min(1, thickness / 2 + 0.5 - distance));
      if (cover > 0) blend(data, (y * width + x) * 3, color, cover * opacity);
    }
  }
}

/** Pixels that a line can touch. */
function between(a: number, b: number, reach: number, size: number): { from: number; to: number } {
  const from = Math.max(0, Math.floor(Math.min(a, b) - reach));
  return { from, to: Math.min(size, Math.ceil(Math.max(a, b) + reach)) };
}

/** Blends text over the image; parts outside are cut off. */
export function drawText(
  image: RawImage,
  text: TextMask,
  left: number,
  top: number,
  color: Rgb,
): void {
  const { data, width, height } = image;
  for (let row = Math.max(0, -top); row < Math.min(text.height, height - top); row++) {
    for (let column = Math.max(0, -left); column < Math.min(text.width, width - left); column++) {
      const at = ((top + row) * width + left + column) * 3;
      blend(data, at, color, text.alpha[row * text.width + column]);
    }
  }
}

function blend(data: RawImage['data'], at: number, color: Rgb, opacity: number): void {
  for (let c = 0; c < 3; c++) data[at + c] += Math.round((color[c] - data[at + c]) * opacity);
}
