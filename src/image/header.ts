/**
 * The size, format and orientation of an image file, read before any allocation. These readers are strict
 * where decoders are lenient: a decoder fills the missing part of a truncated file with gray.
 */
import { type ErrorCode, RefineDetError } from '../errors.ts';
import { asciiAt } from './bytes.ts';
import type { Orientation } from './exif.ts';
import { parseJpeg } from './jpeg.ts';
import type { ParsedHeader } from './parsed-header.ts';
import { PNG_SIGNATURE, parsePng } from './png.ts';
import type { Size } from './raw-image.ts';
import { parseWebp } from './webp.ts';

/** Image formats that can be read. */
export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** EXIF orientations from here on swap width and height. */
const FIRST_TRANSPOSED = 5;

/** 100 megapixels: more than current cameras have, and 400 MB when decoded. */
export const DEFAULT_MAX_PIXELS = 100_000_000;

export interface ImageHeader {
  format: ImageFormat;
  /** Stored pixels, before the orientation is applied. */
  width: number;
  height: number;
  orientation: Orientation;
}

export interface DecodeOptions {
  /** Name of the image in error messages: its path or URL. Default "the given bytes". */
  source?: string;
  /** Largest allowed width · height. Default 100 million. */
  maxPixels?: number;
  /**
   * Smallest useful size of the upright image, in pixels: a large JPEG file may be decoded to a half, a
   * quarter or an eighth of its size, but not below this. Default: full size. Node only.
   */
  enough?: Size;
}

const PARSERS: Record<ImageFormat, (bytes: Uint8Array) => ParsedHeader> = {
  jpeg: parseJpeg,
  png: parsePng,
  webp: parseWebp,
};

const NAMES: Record<ImageFormat, string> = { jpeg: 'JPEG', png: 'PNG', webp: 'WebP' };

/**
 * Reads size and orientation of a JPEG, PNG or WebP file.
 * @throws IMAGE_EMPTY for no bytes or no pixels, IMAGE_FORMAT for any other kind of file,
 *   IMAGE_TOO_LARGE above `maxPixels`, IMAGE_CORRUPT for a truncated file
 */
export function readImageHeader(bytes: Uint8Array, options: DecodeOptions = {}): ImageHeader {
  const { source = 'the given bytes', maxPixels = DEFAULT_MAX_PIXELS } = options;
  const fail = (code: ErrorCode, reason: string) =>
    new RefineDetError(code, `cannot read ${source}: ${reason}`);

  if (bytes.length === 0) throw fail('IMAGE_EMPTY', 'empty (0 bytes)');
  const format = imageFormat(bytes);
  if (!format) throw fail('IMAGE_FORMAT', `not a JPEG, PNG or WebP image but ${describe(bytes)}`);

  const { width, height, orientation, complete, unsupported } = PARSERS[format](bytes);
  if (width * height > maxPixels) {
    throw fail('IMAGE_TOO_LARGE', `its ${width}×${height} pixels exceed maxPixels (${maxPixels})`);
  }
  if (unsupported) throw fail('IMAGE_FORMAT', `${unsupported} is not supported`);
  if (!complete) throw fail('IMAGE_CORRUPT', `the ${NAMES[format]} data is truncated`);
  if (width * height === 0) throw fail('IMAGE_EMPTY', `its size is ${width}×${height}`);
  return { format, width, height, orientation };
}

/** Size of the upright image. */
export function uprightSize({ width, height, orientation }: ImageHeader): Size {
  return orientation < FIRST_TRANSPOSED ? { width, height } : { width: height, height: width };
}

/**
 * Size and orientation from the first bytes of a file, where possible: a JPEG file has both before its
 * pixels.
 * @returns undefined for other formats, which may store the orientation at the end, and for anything
 *   unusual: {@link readImageHeader} then reports the reason
 */
export function peekImageHeader(start: Uint8Array): ImageHeader | undefined {
  if (imageFormat(start) !== 'jpeg') return undefined;
  const { width, height, orientation, unsupported } = parseJpeg(start);
  const ordinary = width * height > 0 && width * height <= DEFAULT_MAX_PIXELS && !unsupported;
  return ordinary ? { format: 'jpeg', width, height, orientation } : undefined;
}

/** Format by the first bytes; undefined for any other kind of file. */
function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return 'png';
  if (asciiAt(bytes, 0) === 'RIFF' && asciiAt(bytes, 8) === 'WEBP') return 'webp';
  return undefined;
}

/** Names other common formats; for anything else, shows the first bytes. */
function describe(bytes: Uint8Array): string {
  const start = asciiAt(bytes, 0);
  if (start === 'GIF8') return 'a GIF';
  if (start.startsWith('BM')) return 'a BMP';
  if (start === 'II*\0' || start === 'MM\0*') return 'a TIFF';
  if (start === '%PDF') return 'a PDF';
  if (asciiAt(bytes, 4) === 'ftyp') return isoMedia(asciiAt(bytes, 8));
  if (bytes.subarray(0, 64).every(isText)) return 'a text file';
  const first = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0'));
  return `a file that begins with ${first.join(' ')}`;
}

/** Names a file of the ISO base media format by its brand. */
function isoMedia(brand: string): string {
  if (/^(heic|heix|heim|heis|hevc|mif1|msf1)$/.test(brand)) return 'a HEIC file: save it as JPEG';
  return brand === 'avif' || brand === 'avis' ? 'an AVIF file: save it as JPEG' : 'a video file';
}

const isText = (byte: number): boolean =>
  (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d);
