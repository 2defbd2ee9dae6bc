/** Turns whatever a caller calls a picture into pixels. */
import * as tf from '@tensorflow/tfjs-core';
import { decodeImage, readBytes } from '#platform';
import { RefineDetError } from '../errors.ts';
import { type RawImage, validateRawImage } from '../image/types.ts';

/**
 * A path, an URL, the bytes of a JPEG, PNG or WebP file, decoded pixels, or a tensor
 * [height, width, 1 | 3 | 4] with values 0..255 (not disposed).
 */
export type ImageSource = string | URL | ArrayBuffer | Uint8Array | RawImage | tf.Tensor3D;

export interface ImageOptions {
  maxPixels?: number;
  signal?: AbortSignal;
}

/** Decodes a picture; EXIF orientation is applied. */
export async function toRawImage(
  source: ImageSource,
  { maxPixels, signal }: ImageOptions = {},
): Promise<RawImage> {
  if (typeof source === 'string' || source instanceof URL) {
    return decodeImage(await readBytes(source, signal), { source: String(source), maxPixels });
  }
  if (source instanceof ArrayBuffer) return decodeImage(new Uint8Array(source), { maxPixels });
  if (source instanceof Uint8Array) return decodeImage(source, { maxPixels });
  if (source instanceof tf.Tensor) return tensorToRawImage(source);
  if (typeof source === 'object' && source !== null && 'data' in source) {
    validateRawImage(source);
    return source;
  }
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `an image must be a path, a URL, bytes, {data, width, height, channels} or a tensor, not ${typeof source}`,
  );
}

async function tensorToRawImage(tensor: tf.Tensor3D): Promise<RawImage> {
  const [height, width, channels] = tensor.shape;
  if (tensor.rank !== 3 || (channels !== 1 && channels !== 3 && channels !== 4)) {
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `an image tensor must be [height, width, 1, 3 or 4], not [${tensor.shape.join(', ')}]`,
    );
  }
  // A clamped array rounds to the nearest level.
  const image = { data: Uint8ClampedArray.from(await tensor.data()), width, height, channels };
  validateRawImage(image as RawImage, 'the image tensor');
  return image as RawImage;
}
