/** Copies bytes. The `slice` of a Node Buffer, which is a Uint8Array too, is the same memory. */
export function copyBytes(bytes: Uint8Array | Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
