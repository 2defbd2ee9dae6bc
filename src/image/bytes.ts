/** Reads four characters at an offset: the name of a part of a container format. */
export function asciiAt(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}
