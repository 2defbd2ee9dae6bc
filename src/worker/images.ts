/** Images on their way to a worker. */
import type { ImageSource } from '../detection/image-source.ts';
import { RefineDetError } from '../errors.ts';
import { BITMAP_OPTIONS, isPixelSource } from '../platform/pixels.ts';
import type { PixelSource } from '../platform/platform.ts';
import { isAddress, tagOf } from '../platform/realm.ts';
import { absoluteUrl } from '../platform/url.ts';

export interface Parcel {
  image: ImageSource;
  transfer: Transferable[];
}

/**
 * A form that can be sent: elements of the page become bitmaps, URLs absolute.
 * @param isOwned whether nobody else will use the image: bitmaps and video frames are handed over
 *   without a copy
 * @throws INVALID_ARGUMENT for a tensor, IMAGE_EMPTY
 */
export async function packImage(image: ImageSource, isOwned: boolean): Promise<Parcel> {
  if (isAddress(image)) {
    return { image: absoluteUrl(String(image)), transfer: [] };
  }
  if (typeof image !== 'object' || image === null) return { image, transfer: [] };
  if ('dataId' in image) {
    throw new RefineDetError('INVALID_ARGUMENT', 'a tensor cannot be sent to a worker');
  }
  if (!isPixelSource(image) || tagOf(image) === 'ImageData') return { image, transfer: [] };
  const bitmap = isOwned && 'close' in image ? image : await copyOf(image);
  return { image: bitmap, transfer: [bitmap] };
}

async function copyOf(source: PixelSource): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(source, BITMAP_OPTIONS);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new RefineDetError('IMAGE_EMPTY', `the image cannot be copied: ${reason}`, { cause });
  }
}
