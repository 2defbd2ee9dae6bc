/** Crops an image and scales the crop down. */
import type { Box } from '../../boxes.ts';
import type { RawImage } from '../../image/raw-image.ts';

/** Margin around the boxes, as a share of their size. */
const MARGIN = 0.35;
/** Smallest side of a crop, in pixels: smaller ones do not show the surroundings. */
const SMALLEST_SIDE = 96;

/** Returns a window in whole pixels around some boxes, 4:3 where the image allows. */
export function cropAround(
  boxes: readonly Box[],
  { width, height }: Pick<RawImage, 'width' | 'height'>,
): Box {
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  const wanted = {
    width: Math.max((right - left) * (1 + 2 * MARGIN), SMALLEST_SIDE),
    height: Math.max((bottom - top) * (1 + 2 * MARGIN), SMALLEST_SIDE),
  };
  const [x, cropWidth] = span(
    (left + right) / 2,
    Math.max(wanted.width, (wanted.height * 4) / 3),
    width,
  );
  const [y, cropHeight] = span(
    (top + bottom) / 2,
    Math.max(wanted.height, (wanted.width * 3) / 4),
    height,
  );
  return { x, y, width: cropWidth, height: cropHeight };
}

/** Start and length of an interval around `center`, moved and shortened to fit into [0, size]. */
function span(center: number, length: number, size: number): [start: number, length: number] {
  const whole = Math.max(1, Math.min(Math.round(length), size));
  const start = Math.round(center - whole / 2);
  return [Math.max(0, Math.min(start, size - whole)), whole];
}

/** Crops `rect` and averages its pixels down to RGBA of at most `side` pixels per side. */
export function shrinkCrop(image: RawImage, rect: Box, side: number): RawImage {
  const scale = Math.min(1, side / Math.max(rect.width, rect.height));
  const width = Math.max(1, Math.round(rect.width * scale));
  const height = Math.max(1, Math.round(rect.height * scale));
  const data = new Uint8Array(width * height * 4);
  for (let row = 0; row < height; row++) {
    const [top, bottom] = sources(row, height, rect.y, rect.height);
    for (let column = 0; column < width; column++) {
      const [left, right] = sources(column, width, rect.x, rect.width);
      averageInto(data, (row * width + column) * 4, image, left, top, right, bottom);
    }
  }
  return { data, width, height, channels: 4 };
}

/** Source pixels [from, to) that one of `count` target pixels covers. */
function sources(index: number, count: number, start: number, length: number): [number, number] {
  const from = start + Math.floor((index * length) / count);
  return [from, Math.max(from + 1, start + Math.floor(((index + 1) * length) / count))];
}

function averageInto(
  target: Uint8Array,
  at: number,
  { data, width, channels }: RawImage,
  left: number,
  top: number,
  right: number,
  bottom: number,
): void {
  const sum = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const pixel = (y * width + x) * channels;
      for (let c = 0; c < 3; c++) sum[c] += data[pixel + (channels === 1 ? 0 : c)];
    }
  }
  const count = (right - left) * (bottom - top);
  for (let c = 0; c < 3; c++) target[at + c] = Math.round(sum[c] / count);
  target[at + 3] = 255;
}
