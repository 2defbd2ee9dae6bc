/**
 * What a value is, whichever realm made it: frames of a page, `node:vm` contexts and Jest have classes
 * of their own, so `instanceof` does not tell.
 */

/** `Uint8Array`, `Blob`, `URL` …, as the value calls itself. */
export const tagOf = (value: unknown): string =>
  Object.prototype.toString.call(value).slice('[object '.length, -1);

/** A path or URL as text. */
export function isAddress(value: unknown): value is string | URL {
  return typeof value === 'string' || tagOf(value) === 'URL';
}

export function isByteArray(value: unknown): value is Uint8Array | Uint8ClampedArray {
  return ['Uint8Array', 'Uint8ClampedArray'].includes(tagOf(value));
}

/** A Blob, which a File is too. */
function isBlob(value: unknown): value is Blob {
  return ['Blob', 'File'].includes(tagOf(value));
}

/** Bytes of a file in memory as an array of this realm; undefined for anything else. */
export async function bytesOf(value: unknown): Promise<Uint8Array | undefined> {
  if (value instanceof Uint8Array) return value;
  const tag = tagOf(value);
  if (tag === 'ArrayBuffer' || tag === 'SharedArrayBuffer') {
    return new Uint8Array(value as ArrayBuffer);
  }
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (isBlob(value)) return new Uint8Array(await blobBuffer(value));
  return undefined;
}

/** jsdom's blobs have no arrayBuffer(). */
function blobBuffer(blob: Blob): Promise<ArrayBuffer> {
  if (typeof blob.arrayBuffer === 'function') return blob.arrayBuffer();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as ArrayBuffer);
    reader.onerror = () => reject(reader.error);
    reader.readAsArrayBuffer(blob);
  });
}
