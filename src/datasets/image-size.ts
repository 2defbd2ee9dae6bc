/** Sizes of pictures on disk, as they are seen: with the EXIF orientation applied. */
import { readImageHeader } from '../image/header.ts';
import { readBytes } from './files.ts';
import type { DatasetImage } from './types.ts';

/** Pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

/** More than any camera writes. */
const MAX_BYTES = 2 ** 29;

/** EXIF orientations from here on swap width and height. */
const FIRST_TRANSPOSED = 5;

/**
 * Size of an image: as its annotation states it, else from the picture.
 * @throws FILE_NOT_FOUND, IMAGE_FORMAT, IMAGE_CORRUPT, IMAGE_EMPTY or IMAGE_TOO_LARGE
 */
export async function imageSize(image: DatasetImage): Promise<ImageSize> {
  const { width, height } = image;
  if (width !== undefined && height !== undefined) return { width, height };
  return pictureSize(await readPicture(image.path), image.path);
}

/**
 * Bytes of a picture.
 * @throws FILE_NOT_FOUND, or DATASET_FORMAT above 512 MiB
 */
export async function readPicture(file: string): Promise<Uint8Array> {
  return readBytes(file, MAX_BYTES);
}

/**
 * Size of an encoded picture.
 * @param file how messages call it
 * @throws as {@link imageSize}
 */
export function pictureSize(bytes: Uint8Array, file: string): ImageSize {
  const { width, height, orientation } = readImageHeader(bytes, { source: file });
  return orientation < FIRST_TRANSPOSED ? { width, height } : { width: height, height: width };
}
