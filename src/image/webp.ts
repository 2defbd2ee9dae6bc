/** Reads the structure of a WebP file without decoding it (RFC 9649). */
import { asciiAt } from './bytes.ts';
import { exifOrientation } from './exif.ts';
import type { ParsedHeader } from './parsed-header.ts';

const FLAG_ANIMATION = 0x02;

/** Walks the RIFF chunks; all of them must be present, as the RIFF size announces. */
export function parseWebp(bytes: Uint8Array): ParsedHeader {
  const header: ParsedHeader = { width: 0, height: 0, orientation: 1, complete: false };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = 8 + view.getUint32(4, true);
  let at = 12;
  while (at + 8 <= Math.min(end, bytes.length)) {
    const type = asciiAt(bytes, at);
    const size = view.getUint32(at + 4, true);
    readChunk(header, type, bytes.subarray(at + 8, at + 8 + size));
    // Chunks start at even offsets.
    at += 8 + size + (size % 2);
  }
  // Many writers forget the last padding byte.
  return { ...header, complete: header.width > 0 && end <= bytes.length + 1 && at <= end + 1 };
}

function readChunk(header: ParsedHeader, type: string, chunk: Uint8Array): void {
  // The canvas size of VP8X comes first; libwebp rejects a frame that differs from it.
  const sized = header.width > 0;
  if (type === 'EXIF') header.orientation = exifOrientation(withoutJpegSignature(chunk));
  if (chunk.length < 10 && type !== 'VP8L') return;
  if (type === 'VP8X' && !sized) {
    header.width = 1 + uint24(chunk, 4);
    header.height = 1 + uint24(chunk, 7);
    if (chunk[0] & FLAG_ANIMATION) header.unsupported = 'an animated WebP';
  } else if (type === 'VP8 ' && !sized) {
    // Key frame: 3 bytes of tag, 3 of start code, then two 14-bit sizes with 2 bits of scaling.
    header.width = (chunk[6] | (chunk[7] << 8)) & 0x3fff;
    header.height = (chunk[8] | (chunk[9] << 8)) & 0x3fff;
  } else if (type === 'VP8L' && !sized && chunk.length >= 5) {
    // One byte of signature, then two 14-bit sizes less one.
    header.width = 1 + (chunk[1] | ((chunk[2] & 0x3f) << 8));
    header.height = 1 + ((chunk[2] >> 6) | (chunk[3] << 2) | ((chunk[4] & 0xf) << 10));
  }
}

/** Some writers keep the prefix "Exif\0\0", which only JPEG needs. */
function withoutJpegSignature(chunk: Uint8Array): Uint8Array {
  return asciiAt(chunk, 0) === 'Exif' ? chunk.subarray(6) : chunk;
}

function uint24(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
}
