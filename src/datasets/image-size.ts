/** Sizes of images on disk, as they are seen: with the EXIF orientation applied. */

import path from 'node:path';
import { RefineDetError } from '../errors.ts';
import {
  type ImageHeader,
  peekImageHeader,
  readImageHeader,
  uprightSize,
} from '../image/header.ts';
import type { Report } from './check/findings.ts';
import { readBytes, readStart } from './dataset-files.ts';
import type { DatasetImage } from './dataset-types.ts';

/** Pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

/** More than any camera writes. */
const MAX_BYTES = 2 ** 29;

/** Holds the EXIF data of most cameras, thumbnail included. */
const START_BYTES = 2 ** 16;

/**
 * Size of an image: as its annotation states it, else from the image.
 * @throws FILE_NOT_FOUND, IMAGE_FORMAT, IMAGE_CORRUPT, IMAGE_EMPTY or IMAGE_TOO_LARGE
 */
export async function imageSize(image: DatasetImage): Promise<ImageSize> {
  const { width, height } = image;
  if (width !== undefined && height !== undefined) return { width, height };
  return readImageFileSize(image.path);
}

/**
 * Size of an image file. Of a JPEG no more than the start is read: whether its end is missing shows
 * when it is decoded.
 * @throws as {@link imageSize}
 */
async function readImageFileSize(file: string): Promise<ImageSize> {
  return uprightSize(await readImageFileHeader(file));
}

/**
 * As {@link readImageFileSize}, for `boxes` boxes that are shares of it; undefined after a report. Shares
 * fit the stored image as well as the upright one, which tools usually mean.
 */
export async function sizeOrReport(
  file: string,
  boxes: number,
  report: Report,
): Promise<ImageSize | undefined> {
  try {
    const header = await readImageFileHeader(file);
    if (header.orientation > 1) {
      const name = path.basename(file);
      const message = `the EXIF orientation of ${name} turns it, and its boxes are taken as those of the upright image`;
      report('unknown-frame', message, { file });
    }
    return uprightSize(header);
  } catch (error) {
    if (!(error instanceof RefineDetError)) throw error;
    const code = error.code === 'FILE_NOT_FOUND' ? 'missing-image' : 'undecodable-image';
    report(code, error.message, { file, boxes });
    return undefined;
  }
}

/**
 * Stored size and orientation of an image file; reads as much as {@link readImageFileSize}.
 * @throws as {@link imageSize}
 */
export async function readImageFileHeader(file: string): Promise<ImageHeader> {
  const header = peekImageHeader(await readStart(file, START_BYTES));
  return header ?? readImageHeader(await readImageFile(file), { source: file });
}

/**
 * Bytes of an image.
 * @throws FILE_NOT_FOUND, or DATASET_FORMAT above 512 MiB
 */
export async function readImageFile(file: string): Promise<Uint8Array> {
  return readBytes(file, MAX_BYTES);
}
