/**
 * PNG pixels in Node, decoded with zlib. The available wasm codecs do not release their memory and
 * stack after a damaged file; this decoder does.
 */
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import {
  COLOR_GREY,
  COLOR_GREY_ALPHA,
  COLOR_PALETTE,
  COLOR_RGB,
  COLOR_RGB_ALPHA,
  type PngStructure,
  paethPredictor,
  parsePng,
} from '../png.ts';
import type { RawImage } from '../raw-image.ts';

const inflateAsync = promisify(inflate);

const SAMPLES_PER_PIXEL: Readonly<Record<number, number>> = {
  [COLOR_GREY]: 1,
  [COLOR_RGB]: 3,
  [COLOR_PALETTE]: 1,
  [COLOR_GREY_ALPHA]: 2,
  [COLOR_RGB_ALPHA]: 4,
};

/** Position of a pass's pixels: first column and row, and the steps to the next ones. */
type Pass = readonly [x: number, y: number, stepX: number, stepY: number];

const WHOLE: readonly Pass[] = [[0, 0, 1, 1]];
const ADAM7: readonly Pass[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * Decodes a complete PNG file of a supported kind: gray to one channel, RGB and palettes to three, RGB
 * with alpha to four. Drops transparency by color and the alpha of gray images.
 * @throws Error naming the damage
 */
export async function decodePng(bytes: Uint8Array): Promise<RawImage> {
  const png = parsePng(bytes);
  const { width, height, colorType } = png;
  const bitsPerPixel = SAMPLES_PER_PIXEL[colorType] * png.bitDepth;
  const passes = (png.interlaced ? ADAM7 : WHOLE)
    .map((pass) => {
      const columns = Math.ceil((width - pass[0]) / pass[2]);
      const rows = Math.ceil((height - pass[1]) / pass[3]);
      return { pass, columns, rows, rowBytes: Math.ceil((columns * bitsPerPixel) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);

  // Every row starts with one byte that names its filter.
  const size = passes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
  const raw = await inflatePixels(png, size);
  const channels = colorType === COLOR_RGB_ALPHA ? 4 : colorType & 2 ? 3 : 1;
  const data = new Uint8Array(width * height * channels);

  const filterStep = Math.max(1, bitsPerPixel >> 3);
  const rows: Row[] = [];
  let at = 0;
  for (const { pass, columns, rows: count, rowBytes } of passes) {
    let above: Uint8Array = new Uint8Array(rowBytes);
    for (let row = 0; row < count; row++) {
      const line = raw.subarray(at + 1, at + 1 + rowBytes);
      unfilter(raw[at], line, above, filterStep);
      const [x, y, stepX, stepY] = pass;
      const target = ((y + row * stepY) * width + x) * channels;
      rows.push({ line, columns, target, step: stepX * channels });
      above = line;
      at += 1 + rowBytes;
    }
  }
  const shift = png.bitDepth === 16 ? usedBits(rows) - 8 : 0;
  for (const row of rows) writeRow(png, row, data, channels, shift);
  return { data, width, height, channels };
}

async function inflatePixels(png: PngStructure, size: number): Promise<Uint8Array> {
  const compressed = png.data.length === 1 ? png.data[0] : Buffer.concat(png.data);
  // Some writers append a few rows too many; anything beyond that is an attack.
  const raw = await inflateAsync(compressed, { maxOutputLength: 2 * size + 65536 });
  if (raw.length < size) throw new Error('the PNG data ends too early');
  return raw;
}

/** Undoes the filter of one row in place. `step` is the distance to the pixel on the left, in bytes. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  const { length } = line;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = step; i < length; i++) line[i] += line[i - step];
      return;
    case 2:
      for (let i = 0; i < length; i++) line[i] += above[i];
      return;
    case 3:
      for (let i = 0; i < step; i++) line[i] += above[i] >> 1;
      for (let i = step; i < length; i++) line[i] += (line[i - step] + above[i]) >> 1;
      return;
    case 4:
      for (let i = 0; i < step; i++) line[i] += above[i];
      for (let i = step; i < length; i++) {
        line[i] += paethPredictor(line[i - step], above[i], above[i - step]);
      }
      return;
    default:
      throw new Error(`the PNG data has an unknown filter ${filter}`);
  }
}

/** A row of samples, and where its pixels go. */
interface Row {
  line: Uint8Array;
  columns: number;
  target: number;
  /** Bytes from pixel to pixel. */
  step: number;
}

/** Depths of sensors whose values are stored in 16 bits as they are. */
const SENSOR_BITS = [8, 10, 12, 14, 16];

/** Bits that 16-bit samples make use of: the upper ones of 12-bit values are all 0. */
function usedBits(rows: readonly Row[]): number {
  let most = 0;
  for (const { line } of rows) {
    for (let i = 0; i + 1 < line.length; i += 2)
      most = Math.max(most, (line[i] << 8) | line[i + 1]);
  }
  return SENSOR_BITS.find((bits) => most < 2 ** bits)!;
}

/**
 * Writes the pixels of one row as 8-bit channels.
 * @param shift how far 16-bit samples move to the right to become 8-bit ones
 */
function writeRow(
  { bitDepth, colorType, palette }: PngStructure,
  { line, columns, target: start, step }: Row,
  data: Uint8Array,
  channels: number,
  shift: number,
): void {
  let target = start;
  const samples = SAMPLES_PER_PIXEL[colorType];
  if (bitDepth === 8 && samples === channels && step === channels) {
    data.set(line, target);
    return;
  }
  const mask = (1 << bitDepth) - 1;
  for (let x = 0; x < columns; x++, target += step) {
    if (bitDepth >= 8 && colorType !== COLOR_PALETTE) {
      for (let c = 0; c < channels; c++) {
        const at = x * samples + c;
        // Samples of 16 bits are two bytes, the upper one first.
        data[target + c] =
          bitDepth === 16 ? ((line[2 * at] << 8) | line[2 * at + 1]) >> shift : line[at];
      }
      continue;
    }
    const bit = x * bitDepth;
    const value = (line[bit >> 3] >> (8 - bitDepth - (bit & 7))) & mask;
    if (colorType === COLOR_GREY) data[target] = (value * 255) / mask;
    // An index beyond the palette is black, like in libpng.
    else for (let c = 0; c < 3; c++) data[target + c] = palette[value * 3 + c];
  }
}
