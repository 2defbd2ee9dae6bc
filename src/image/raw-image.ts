/** Decoded images: the output of every decoder and the input of the resize kernel. */
import { RefineDetError } from '../errors.ts';
import { isByteArray } from '../realm.ts';

/**
 * 8-bit pixels, row after row, channels interleaved. One channel is gray and counts as equal red,
 * green and blue; a fourth channel is alpha and is ignored, not composited, like in cv2.imread.
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

/** Pixels of an image file. */
export interface DecodedImage extends RawImage {
  /** Size of the upright image in the file, where it was decoded to fewer pixels. */
  fullSize?: Size;
}

/**
 * Checks an image from a caller.
 * @param name name of the image in error messages
 * @throws INVALID_ARGUMENT for a wrong type, size, channel count or data length; IMAGE_EMPTY for no pixels
 */
export function validateRawImage(image: RawImage, name = 'the raw image'): void {
  const { data, width, height, channels } = image;
  if (!isByteArray(data)) {
    throw invalid(`${name} must have data of type Uint8Array or Uint8ClampedArray`);
  }
  for (const [side, size] of Object.entries({ width, height })) {
    if (!Number.isInteger(size) || size < 0) {
      throw invalid(`${name} must have a whole number as ${side}, not ${size}`);
    }
  }
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw invalid(`${name} must have 1, 3 or 4 channels, not ${channels}`);
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
