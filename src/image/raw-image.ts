/** Decoded images: what every decoder yields and what the resize kernel reads. */
import { RefineDetError } from '../errors.ts';
import { isByteArray } from '../platform/realm.ts';

/**
 * 8-bit pixels, row after row, channels interleaved. One channel is gray and counts as equal red,
 * green and blue; a fourth channel is alpha and is ignored, not composited, as cv2.imread does.
 */
export interface RawImage {
  /** height · width · channels bytes. */
  data: Uint8Array | Uint8ClampedArray;
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  channels: 1 | 3 | 4;
}

/** Pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Pixels of a file. */
export interface DecodedImage extends RawImage {
  /** Of the upright image in the file, where the pixels are fewer. */
  fullSize?: Size;
}

/**
 * Checks an image that comes from a caller.
 * @param name how the message calls it
 * @throws INVALID_ARGUMENT for a wrong type, size, channel count or data length; IMAGE_EMPTY for no pixels
 */
export function validateRawImage(image: RawImage, name = 'the raw image'): void {
  const { data, width, height, channels } = image;
  if (!isByteArray(data)) {
    throw invalid(`${name} needs its data as Uint8Array or Uint8ClampedArray`);
  }
  for (const [side, size] of Object.entries({ width, height })) {
    if (!Number.isInteger(size) || size < 0) {
      throw invalid(`${name} needs a whole number of pixels, not ${side} ${size}`);
    }
  }
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw invalid(`${name} needs 1, 3 or 4 channels, not ${channels}`);
  }
  if (width === 0 || height === 0) {
    throw new RefineDetError(
      'IMAGE_EMPTY',
      `${name} has no pixels: its size is ${width}×${height}`,
    );
  }
  if (data.length !== width * height * channels) {
    throw invalid(
      `${name} of ${width}×${height}×${channels} needs ${width * height * channels} bytes, not ${data.length}`,
    );
  }
}

function invalid(message: string): RefineDetError {
  return new RefineDetError('INVALID_ARGUMENT', message);
}
