/** Decodes any supported image source to RGB pixels. */
import * as tf from '@tensorflow/tfjs-core';
import { decodeImage, readBytes, readPixels } from '#platform';
import { RefineDetError } from '../errors.ts';
import type { DecodeOptions } from '../image/header.ts';
import { type DecodedImage, type RawImage, validateRawImage } from '../image/raw-image.ts';
import type { PixelSource } from '../platform/platform.ts';
import { bytesOf, isAddress, tagOf } from '../realm.ts';

/**
 * A path (Node), a URL, the bytes of a JPEG, PNG or WebP file, decoded pixels, an image, canvas,
 * video or frame of a web page, or a tensor [height, width, 1 | 3 | 4] with values 0..255 (not
 * disposed).
 */
export type ImageSource =
  | string
  | URL
  | ArrayBuffer
  | Uint8Array
  | Blob
  | RawImage
  | PixelSource
  | tf.Tensor3D;

export interface ImageOptions extends Pick<DecodeOptions, 'maxPixels' | 'enough'> {
  signal?: AbortSignal;
}

/** Pixels of a source. */
export interface SourceImage extends DecodedImage {
  /** Whether the pixels were decoded for this call: nobody else has them. */
  isOwn?: boolean;
}

/** Decodes an image and applies its EXIF orientation. */
export async function toRawImage(
  source: ImageSource,
  { signal, ...options }: ImageOptions = {},
): Promise<SourceImage> {
  const decode = async (bytes: Uint8Array, name?: string) => ({
    ...(await decodeImage(bytes, { source: name, ...options })),
    isOwn: true,
  });
  if (isAddress(source)) return decode(await readBytes(source, signal), String(source));
  const bytes = await bytesOf(source);
  if (bytes) return decode(bytes, fileName(source));
  if (source instanceof tf.Tensor) return tensorToRawImage(source);
  if (typeof source === 'object' && source !== null) {
    const pixels = (await readPixels(source, options)) ?? source;
    if (tagOf(pixels) === 'ImageData') return { ...rawPixels(pixels as ImageData), channels: 4 };
    if ('data' in pixels) {
      validateRawImage(pixels as RawImage);
      return pixels as RawImage;
    }
  }
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `an image must be a path, a URL, bytes, {data, width, height, channels} or a tensor, not ${source === null ? 'null' : typeof source}`,
  );
}

/** Without a canvas, the pixels of a canvas' data are known all the same. */
const rawPixels = ({ data, width, height }: ImageData) => ({
  data: data as Uint8ClampedArray,
  width,
  height,
});

/** Name of a File; other bytes have none. */
function fileName(source: unknown): string | undefined {
  return tagOf(source) === 'File' ? (source as File).name : undefined;
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
