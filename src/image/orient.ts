/** Turns an image upright. */
import type { Box } from '../boxes.ts';
import type { Orientation } from './exif.ts';
import type { RawImage, Size } from './raw-image.ts';

/**
 * For each orientation, how upright pixels map to stored ones: whether x runs along the stored
 * columns (transposed), and whether the stored x and y run backwards.
 */
const LAYOUT: Record<Orientation, [transpose: boolean, mirrorX: boolean, mirrorY: boolean]> = {
  1: [false, false, false],
  2: [false, true, false],
  3: [false, true, true],
  4: [false, false, true],
  5: [true, false, false],
  6: [true, false, true],
  7: [true, true, true],
  8: [true, true, false],
};

/**
 * Returns a box of the stored pixels in the upright image.
 * @param stored size of the stored image
 */
export function orientBox(box: Box, { width, height }: Size, orientation: Orientation): Box {
  const [transpose, mirrorX, mirrorY] = LAYOUT[orientation];
  const x = mirrorX ? width - box.x - box.width : box.x;
  const y = mirrorY ? height - box.y - box.height : box.y;
  if (!transpose) return { ...box, x, y };
  return { x: y, y: x, width: box.height, height: box.width };
}

/** Returns the image as the camera saw it; the same object when it is already upright. */
export function orient(image: RawImage, orientation: Orientation): RawImage {
  if (orientation === 1) return image;
  const { width, height, channels } = image;
  const [transpose, mirrorX, mirrorY] = LAYOUT[orientation];
  const data = new Uint8Array(image.data.length);
  // Copies four bytes as one word.
  const words = channels === 4 && image.data.byteOffset % 4 === 0;
  const from = words
    ? new Uint32Array(image.data.buffer, image.data.byteOffset, width * height)
    : image.data;
  const to = words ? new Uint32Array(data.buffer) : data;
  const step = words ? 1 : channels;

  const alongX = mirrorX ? -step : step;
  const alongY = mirrorY ? -step * width : step * width;
  const origin = (mirrorX ? width - 1 : 0) * step + (mirrorY ? height - 1 : 0) * width * step;
  const [columns, rows] = transpose ? [height, width] : [width, height];
  const [columnStep, rowStep] = transpose ? [alongY, alongX] : [alongX, alongY];

  let target = 0;
  for (let y = 0; y < rows; y++) {
    let source = origin + y * rowStep;
    for (let x = 0; x < columns; x++, source += columnStep) {
      for (let c = 0; c < step; c++) to[target++] = from[source + c];
    }
  }
  return { data, width: columns, height: rows, channels };
}
