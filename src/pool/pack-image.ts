/** Packs images for the transfer to a worker. */
import type { ImageSource } from '../detection/image-source.ts';
import { RefineDetError } from '../errors.ts';
import { BITMAP_OPTIONS, isPixelSource } from '../platform/pixels.ts';
import type { PixelSource } from '../platform/platform.ts';
import { absoluteUrl } from '../platform/url.ts';
import { isAddress, isByteArray, tagOf } from '../realm.ts';
import type { DetectRequest } from './pool-messages.ts';

/** A request that can be sent, and the objects to transfer with it. */
export interface Parcel {
  argument: unknown;
  transfer: Transferable[];
}

/**
 * Packs a request to detect: elements of the page become bitmaps, URLs become absolute.
 * @param isOwned whether the caller gives up the image: bitmaps and video frames are then transferred
 *   without a copy
 * @throws INVALID_ARGUMENT for a tensor, IMAGE_EMPTY
 */
export async function packImage(
  image: ImageSource,
  options: DetectRequest['options'],
  isOwned: boolean,
): Promise<Parcel> {
  const parcel = (sent: ImageSource, transfer: Transferable[] = []): Parcel => {
    return { argument: { image: sent, options } satisfies DetectRequest, transfer };
  };
  if (isAddress(image)) return parcel(absoluteUrl(String(image)));
  if (typeof image !== 'object' || image === null) return parcel(image);
  if ('dataId' in image) {
    throw new RefineDetError('INVALID_ARGUMENT', 'a tensor cannot be sent to a worker');
  }
  if (isByteArray(image) && isPart(image)) {
    const bytes = new Uint8Array(image);
    return parcel(bytes, [bytes.buffer]);
  }
  if (!isPixelSource(image) || tagOf(image) === 'ImageData') return parcel(image);
  const bitmap = isOwned && 'close' in image ? image : await copyOf(image);
  return parcel(bitmap, [bitmap]);
}

/** Whether bytes are part of a larger buffer, all of which would be copied to the worker. */
function isPart({ buffer, byteLength }: Uint8Array | Uint8ClampedArray): boolean {
  return tagOf(buffer) === 'ArrayBuffer' && byteLength < buffer.byteLength;
}

async function copyOf(source: PixelSource): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(source, BITMAP_OPTIONS);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new RefineDetError('IMAGE_EMPTY', `the image cannot be copied: ${reason}`, { cause });
  }
}
