/** IEEE 754 half precision: JavaScript has no Float16Array before Node 24. */

/** Largest finite float16. */
export const FLOAT16_MAX = 65504;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Encodes float32 values, rounding to nearest, ties to even; beyond the range they become infinite. */
export function encodeFloat16(values: Float32Array, out: Uint16Array): void {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < source.length; i++) {
    const magnitude = source[i] & 0x7fffffff;
    out[i] = ((source[i] >>> 16) & 0x8000) | magnitudeToHalf(magnitude);
  }
}

/** @param magnitude bits of a non-negative float32 */
function magnitudeToHalf(magnitude: number): number {
  if (magnitude > 0x7f800000) return 0x7e00; // NaN
  if (magnitude >= 0x47800000) return 0x7c00; // from 2^16: infinity
  if (magnitude < 0x38800000) {
    // Below 2^-14 halves are multiples of 2^-24, which is the spacing of float32 at 0.5: adding 0.5
    // lets the float32 addition do the rounding.
    bits[0] = magnitude;
    float[0] += 0.5;
    return bits[0] - 0x3f000000;
  }
  // Rebias the exponent (127 - 15 = 112), round the 13 dropped bits; a carry moves to the exponent.
  return (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
}

/** Decodes float16 values, exactly. */
export function decodeFloat16(values: Uint16Array): Float32Array {
  const out = new Float32Array(values.length);
  const target = new Uint32Array(out.buffer);
  for (let i = 0; i < values.length; i++) {
    const half = values[i];
    const exponent = half & 0x7c00;
    const sign = (half & 0x8000) << 16;
    if (exponent === 0) out[i] = (half & 0x3ff) * (sign === 0 ? 2 ** -24 : -(2 ** -24));
    else if (exponent === 0x7c00) target[i] = sign | 0x7f800000 | ((half & 0x3ff) << 13);
    else target[i] = sign | (((half & 0x7fff) << 13) + 0x38000000);
  }
  return out;
}

/** Returns the nearest float16 of each value, as float32. */
export function roundToFloat16(values: Float32Array): Float32Array {
  const halves = new Uint16Array(values.length);
  encodeFloat16(values, halves);
  return decodeFloat16(halves);
}

/** bfloat16 is the upper half of a float32. */
export function decodeBFloat16(values: Uint16Array): Float32Array {
  const out = new Float32Array(values.length);
  const target = new Uint32Array(out.buffer);
  for (let i = 0; i < values.length; i++) target[i] = values[i] << 16;
  return out;
}
