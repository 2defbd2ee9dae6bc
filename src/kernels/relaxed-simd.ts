/** Finds out which builds of the kernels an engine can run. */

/** A module with one instruction of relaxed SIMD, f32x4.relaxed_madd. */
const FUSED_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00], // types: () → ()
  ...[0x03, 0x02, 0x01, 0x00], // functions: one of them
  ...[0x0a, 0x14, 0x01, 0x12, 0x00], // code: one body, no locals
  ...[0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f], // three times i8x16.splat(0)
  ...[0xfd, 0x85, 0x02, 0x1a, 0x0b], // f32x4.relaxed_madd, drop, end
);

/**
 * Returns whether this engine supports relaxed SIMD, which multiplies and adds in one instruction; values
 * then differ from those of other engines in their last bits. Node 20 supports it only with
 * --experimental-wasm-relaxed-simd.
 */
export function knowsFusedProducts(): boolean {
  return WebAssembly.validate(FUSED_PROBE);
}
