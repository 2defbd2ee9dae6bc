/** Encodes pixels to image files, in Node. */
import type { ImageFormat } from '../header.ts';
import { type RawImage, validateRawImage } from '../raw-image.ts';
import { jpegEncoder } from './codecs.ts';
import { encodePng } from './png-encode.ts';

/** Formats that can be written. */
export type WritableFormat = Exclude<ImageFormat, 'webp'>;

const DEFAULT_JPEG_QUALITY = 90;

/** MozJPEG's settings; the codec requires all of them. Baseline is three times as fast. */
const JPEG_SETTINGS = {
  baseline: false,
  arithmetic: false,
  progressive: false,
  optimize_coding: true,
  smoothing: 0,
  color_space: 3, // YCbCr
  quant_table: 3,
  trellis_multipass: false,
  trellis_opt_zero: false,
  trellis_opt_table: false,
  trellis_loops: 1,
  auto_subsample: true,
  chroma_subsample: 2,
  separate_chroma_quality: false,
  chroma_quality: 75,
};

/**
 * Encodes an image as a JPEG or PNG file.
 * @param options.quality of a JPEG, 1 to 100; default 90
 * @throws INVALID_ARGUMENT, IMAGE_EMPTY
 */
export async function encodeImage(
  image: RawImage,
  format: WritableFormat,
  { quality = DEFAULT_JPEG_QUALITY }: { quality?: number } = {},
): Promise<Uint8Array> {
  validateRawImage(image);
  if (format === 'png') return encodePng(image);
  const { width, height } = image;
  const rgba = toRgba(image);
  // The result is a view of the codec's heap.
  return jpegEncoder((codec) =>
    codec.encode(rgba, width, height, { ...JPEG_SETTINGS, quality }).slice(),
  );
}

function toRgba({ data, width, height, channels }: RawImage): Uint8Array {
  if (channels === 4) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const rgba = new Uint8Array(width * height * 4).fill(255);
  const [green, blue] = channels === 1 ? [0, 0] : [1, 2];
  for (let from = 0, to = 0; to < rgba.length; from += channels, to += 4) {
    rgba[to] = data[from];
    rgba[to + 1] = data[from + green];
    rgba[to + 2] = data[from + blue];
  }
  return rgba;
}
