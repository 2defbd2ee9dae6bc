/**
 * Decodes large JPEG files at a reduced size. libjpeg can turn the frequencies of a block into 4×4, 2×2
 * or one pixel instead of 8×8: the means of the full result, in a third of the time. The
 * codec's binding does not offer this option, so its program is patched when it is loaded: where it sets
 * the scale to 1/1, it reads the scale from memory instead.
 */

/** Supported reduction factors of both sides. */
export const REDUCTIONS = [8, 4, 2] as const;
export type Reduction = (typeof REDUCTIONS)[number];

/** Below 1024, where Emscripten puts the first data, memory is unused; a multiple of 8. */
const SCALE_ADDRESS = 512;

/** `i64.const 0x1_0000_0001; i64.store offset=192`: scale_num and scale_denom of jpeg_decompress_struct. */
const SET_SCALE = [0x42, 0x81, 0x80, 0x80, 0x80, 0x10, 0x37, 0x03, 0xc0, 0x01];
/** `i32.const SCALE_ADDRESS; i64.load`, padded to the size of the replaced constant. */
const LOAD_SCALE = [0x41, 0x80 | (SCALE_ADDRESS & 127), SCALE_ADDRESS >> 7, 0x29, 0x03, 0x00];

/**
 * Patches the decoder's program to read its scale from memory.
 * @throws Error for a program other than the known one
 */
export function withScale(program: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const places = occurrences(program, SET_SCALE);
  if (places.length !== 1) throw new Error(`the scale is set in ${places.length} places`);
  const altered = Uint8Array.from(program);
  altered.set(LOAD_SCALE, places[0]);
  return altered;
}

interface ScalableDecoder<Pixels> {
  HEAPU8: Uint8Array;
  decode(bytes: Uint8Array, applyOrientation: boolean): Pixels;
}

/** Decodes with a program that {@link withScale} has altered. Sides are rounded up. */
export function decodeReduced<Pixels>(
  codec: ScalableDecoder<Pixels>,
  bytes: Uint8Array,
  reduction: Reduction,
): Pixels {
  new DataView(codec.HEAPU8.buffer).setUint32(SCALE_ADDRESS, 1, true);
  new DataView(codec.HEAPU8.buffer).setUint32(SCALE_ADDRESS + 4, reduction, true);
  return codec.decode(bytes, false);
}

function occurrences(bytes: Uint8Array, pattern: readonly number[]): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(pattern[0]); at >= 0; at = bytes.indexOf(pattern[0], at + 1)) {
    if (pattern.every((byte, i) => bytes[at + i] === byte)) found.push(at);
  }
  return found;
}
