/** Reads the structure of a JPEG file without decoding it (ITU-T T.81, annex B). */
import { exifOrientation } from './exif.ts';
import type { ParsedHeader } from './parsed-header.ts';

const RST0 = 0xd0;
const RST7 = 0xd7;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;
const TEM = 0x01;
const EXIF_SIGNATURE = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif\0\0"

/** Progressive files have about ten scans; a hostile file repeats cheap scans to keep the decoder busy. */
const MAX_SCANS = 1000;

/**
 * A block of 8×8 pixels takes at least one bit; subsampling makes that at most 1,024 pixels per byte. From
 * fewer bytes a decoder would fill an image of any size with gray.
 */
const MOST_PIXELS_PER_BYTE = 2048;

/** Walks all markers up to the end-of-image marker, skipping over the entropy-coded data. */
export function parseJpeg(bytes: Uint8Array): ParsedHeader {
  const header: ParsedHeader = { width: 0, height: 0, orientation: 1, complete: false };
  let scans = 0;
  let at = 2;
  for (;;) {
    // Like libjpeg: skips any bytes before the next 0xff, and its padding.
    at = bytes.indexOf(0xff, at);
    if (at < 0) return header;
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++];
    if (marker === EOI) return { ...header, complete: holdsPixels(header, bytes.length) };
    if (marker === 0 || marker === TEM || (marker >= RST0 && marker <= RST7)) continue;

    if (at + 2 > bytes.length) return header;
    const length = (bytes[at] << 8) | bytes[at + 1];
    if (length < 2 || at + length > bytes.length) return header;
    const segment = bytes.subarray(at + 2, at + length);
    if (isFrameHeader(marker) && header.width === 0) readFrame(header, marker, segment);
    else if (marker === APP1 && EXIF_SIGNATURE.every((byte, i) => segment[i] === byte)) {
      header.orientation = exifOrientation(segment.subarray(EXIF_SIGNATURE.length));
    } else if (marker === SOS && ++scans > MAX_SCANS) {
      return { ...header, unsupported: `a JPEG of more than ${MAX_SCANS} scans` };
    }
    at += length;
  }
}

function holdsPixels({ width, height }: ParsedHeader, bytes: number): boolean {
  return width * height <= MOST_PIXELS_PER_BYTE * bytes;
}

/** SOF0 to SOF15; 0xc4, 0xc8 and 0xcc in between have other meanings. */
function isFrameHeader(marker: number): boolean {
  return marker === 0xc0 || (marker > 0xc0 && marker <= 0xcf && marker % 4 !== 0);
}

function readFrame(header: ParsedHeader, marker: number, segment: Uint8Array): void {
  if (segment.length < 6) return;
  const [precision, heightHigh, heightLow, widthHigh, widthLow, components] = segment;
  header.height = (heightHigh << 8) | heightLow;
  header.width = (widthHigh << 8) | widthLow;
  if (marker > 0xc2) header.unsupported = 'a lossless or arithmetic-coded JPEG';
  else if (precision !== 8) header.unsupported = `a JPEG of ${precision} bits per sample`;
  else if (components !== 1 && components !== 3) {
    header.unsupported = `a ${components === 4 ? 'CMYK' : `${components}-channel`} JPEG`;
  }
}
