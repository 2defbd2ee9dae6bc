/** Reads the structure of a PNG file without inflating it (ISO/IEC 15948). */
import { asciiAt } from './bytes.ts';
import { exifOrientation } from './exif.ts';
import type { ParsedHeader } from './parsed-header.ts';

export const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export const COLOR_GREY = 0;
export const COLOR_RGB = 2;
export const COLOR_PALETTE = 3;
export const COLOR_GREY_ALPHA = 4;
export const COLOR_RGB_ALPHA = 6;

/** Allowed bits per sample of every color type. */
const BIT_DEPTHS: Readonly<Record<number, readonly number[]>> = {
  [COLOR_GREY]: [1, 2, 4, 8, 16],
  [COLOR_RGB]: [8, 16],
  [COLOR_PALETTE]: [1, 2, 4, 8],
  [COLOR_GREY_ALPHA]: [8, 16],
  [COLOR_RGB_ALPHA]: [8, 16],
};

export interface PngStructure extends ParsedHeader {
  bitDepth: number;
  colorType: number;
  interlaced: boolean;
  /** Red, green and blue of every palette entry. */
  palette: Uint8Array;
  /** The compressed pixels, in pieces. */
  data: Uint8Array[];
}

/**
 * Walks the chunks up to IEND. Does not check their CRCs: the Adler-32 inside the compressed data
 * protects the pixels, and files with wrong CRCs are common.
 */
export function parsePng(bytes: Uint8Array): PngStructure {
  const png: PngStructure = {
    ...{ width: 0, height: 0, orientation: 1, complete: false },
    ...{ bitDepth: 0, colorType: 0, interlaced: false },
    ...{ palette: new Uint8Array(0), data: [] },
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = PNG_SIGNATURE.length;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const type = asciiAt(bytes, at + 4);
    if (at + 12 + length > bytes.length) return png;
    const chunk = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IEND') return { ...png, complete: true };
    if (type === 'IHDR' && length === 13) readHeader(png, chunk);
    else if (type === 'PLTE') png.palette = chunk;
    else if (type === 'IDAT') png.data.push(chunk);
    else if (type === 'eXIf') png.orientation = exifOrientation(chunk);
    at += 12 + length;
  }
  return png;
}

function readHeader(png: PngStructure, chunk: Uint8Array): void {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  png.width = view.getUint32(0);
  png.height = view.getUint32(4);
  png.bitDepth = chunk[8];
  png.colorType = chunk[9];
  png.interlaced = chunk[12] === 1;
  if (!BIT_DEPTHS[png.colorType]?.includes(png.bitDepth) || chunk[12] > 1) {
    png.unsupported = `a PNG of color type ${png.colorType}, ${png.bitDepth} bits and interlacing ${chunk[12]}`;
  }
}

/** Returns the one of left, above and upper left that is nearest to left + above − upper left. */
export function paethPredictor(left: number, above: number, upperLeft: number): number {
  const toLeft = Math.abs(above - upperLeft);
  const toAbove = Math.abs(left - upperLeft);
  const toUpperLeft = Math.abs(left + above - 2 * upperLeft);
  if (toLeft <= toAbove && toLeft <= toUpperLeft) return left;
  return toAbove <= toUpperLeft ? above : upperLeft;
}
