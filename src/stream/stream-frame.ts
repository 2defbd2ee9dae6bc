/** One frame of a stream. */
import type { ImageSource } from '../detection/image-source.ts';

export interface Frame {
  image: ImageSource;
  /** Position in the source. */
  index: number;
  /** Number of frames before this one that were wanted; gaps are dropped frames. Default: `index`. */
  position?: number;
  /** Milliseconds on the video's clock; for a camera or images, since the start of the stream. */
  time: number;
}

/** Releases the bitmap or video frame, which are few and large. */
export function closeFrame({ image }: Frame): void {
  if (isObject(image) && 'close' in image && typeof image.close === 'function') image.close();
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
