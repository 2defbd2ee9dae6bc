/**
 * Masks of Label Studio's brush: RGBA values of all pixels, packed in runs of bits (`rle` of the library
 * @thi.ng/rle-pack). The head has the number of values in 32 bits, the bits of a value less one in 5, and
 * those of the four lengths of runs less one in 4 each. A run has a bit that says whether one value is
 * repeated, 2 bits that choose the length, its count less one, and its values.
 */
import type { Box } from '../../boxes.ts';

const CHANNELS = 4;
const ALPHA = 3;

/**
 * The box around all pixels that are not transparent.
 * @returns undefined when there is none, or when the bytes are no mask of this size
 */
export function boxOfBrush(rle: unknown, width: number, height: number): Box | undefined {
  if (!Array.isArray(rle) || !rle.every((byte) => Number.isInteger(byte))) return undefined;
  const read = bitReader(rle as number[]);
  const total = read(32);
  if (total !== CHANNELS * width * height) return undefined;
  const bits = read(5) + 1;
  const lengths = Array.from({ length: 4 }, () => read(4) + 1);
  let [left, top, right, bottom] = [width, height, 0, 0];
  const mark = (index: number) => {
    const pixel = Math.floor(index / CHANNELS);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + 1);
    bottom = Math.max(bottom, y + 1);
  };
  for (let start = 0; start < total; ) {
    const isRepeated = read(1) === 1;
    const end = start + 1 + read(lengths[read(2)]);
    let value = isRepeated ? read(bits) : 0;
    if (!(end <= total)) return undefined;
    for (let index = start; index < end; index++) {
      if (!isRepeated) value = read(bits);
      if (value > 0 && index % CHANNELS === ALPHA) mark(index);
    }
    start = end;
    if (Number.isNaN(value)) return undefined;
  }
  return right > left ? { x: left, y: top, width: right - left, height: bottom - top } : undefined;
}

/** Reads whole numbers of up to 32 bits, the highest bit first; NaN behind the end. */
function bitReader(bytes: readonly number[]): (count: number) => number {
  let at = 0;
  return (count) => {
    if (at + count > 8 * bytes.length) return Number.NaN;
    let value = 0;
    for (const end = at + count; at < end; at++) {
      value = 2 * value + ((bytes[at >> 3] >> (7 - (at & 7))) & 1);
    }
    return value;
  };
}
