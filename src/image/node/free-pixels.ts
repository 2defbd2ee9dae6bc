/** Frees the pixels of an image, in Node. */
import type { RawImage } from '../raw-image.ts';

/**
 * Frees the memory of pixels that nobody else has; they are empty then. As garbage they would stay for many
 * images: the collector runs when its own heap is full, and they are not in it. Before Node 22 they stay.
 */
export function freePixels({ data }: RawImage): void {
  const { buffer } = data as { buffer: ArrayBufferLike & { transfer?(length: number): unknown } };
  // A part of a larger buffer may have neighbors.
  if (data.byteLength === buffer.byteLength) buffer.transfer?.(0);
}
