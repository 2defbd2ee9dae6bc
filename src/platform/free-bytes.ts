/** Frees memory before the collector does, in Node. */

/**
 * Frees the memory of bytes that nobody else has; they are empty then. As garbage they would stay for many
 * images: the collector runs when its own heap is full, and they are not in it. Before Node 22 they stay.
 */
export function freeBytes(bytes: ArrayBufferView | undefined): void {
  if (!bytes) return;
  const whole = bytes.buffer as ArrayBufferLike & { transfer?(length: number): unknown };
  // A part of a larger buffer may have neighbors.
  if (bytes.byteLength === whole.byteLength) whole.transfer?.(0);
}
