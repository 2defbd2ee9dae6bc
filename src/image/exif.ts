/** The one EXIF value that detection needs: the orientation of the camera. */

/**
 * EXIF orientation. 1 is upright; 2 to 4 are mirrored, upside down, and flipped vertically; 5 to 8 also swap
 * width and height.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const TYPE_SHORT = 3;
const ENTRY_BYTES = 12;

/**
 * Orientation in the first directory of a TIFF structure (the payload of an EXIF block). 1 when it is
 * missing or malformed: damaged metadata must not make an image unreadable.
 */
export function exifOrientation(tiff: Uint8Array): Orientation {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (view.byteLength < 8) return 1;
  const byteOrder = view.getUint16(0);
  if (byteOrder !== 0x4949 && byteOrder !== 0x4d4d) return 1;
  const little = byteOrder === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return 1;

  const available = Math.floor((view.byteLength - directory - 2) / ENTRY_BYTES);
  const entries = Math.min(view.getUint16(directory, little), available);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * ENTRY_BYTES;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(entry + 8, little);
    const valid = view.getUint16(entry + 2, little) === TYPE_SHORT && value >= 1 && value <= 8;
    return valid ? (value as Orientation) : 1;
  }
  return 1;
}
