/** Element types of stored tensors, named as in safetensors, and their conversion to float32. */
import { decodeBFloat16, decodeFloat16 } from './half.ts';

/** Bytes per element. */
export const ITEM_SIZE = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type DType = keyof typeof ITEM_SIZE;

/** Typed arrays need aligned offsets and, as every platform that runs them, little-endian bytes. */
const DECODERS: Record<DType, (buffer: ArrayBufferLike, at: number, n: number) => Float32Array> = {
  F64: (buffer, at, n) => new Float32Array(new Float64Array(buffer, at, n)),
  I64: (buffer, at, n) => Float32Array.from(new BigInt64Array(buffer, at, n), Number),
  U64: (buffer, at, n) => Float32Array.from(new BigUint64Array(buffer, at, n), Number),
  F32: (buffer, at, n) => new Float32Array(buffer, at, n),
  I32: (buffer, at, n) => new Float32Array(new Int32Array(buffer, at, n)),
  U32: (buffer, at, n) => new Float32Array(new Uint32Array(buffer, at, n)),
  F16: (buffer, at, n) => decodeFloat16(new Uint16Array(buffer, at, n)),
  BF16: (buffer, at, n) => decodeBFloat16(new Uint16Array(buffer, at, n)),
  I16: (buffer, at, n) => new Float32Array(new Int16Array(buffer, at, n)),
  U16: (buffer, at, n) => new Float32Array(new Uint16Array(buffer, at, n)),
  I8: (buffer, at, n) => new Float32Array(new Int8Array(buffer, at, n)),
  U8: (buffer, at, n) => new Float32Array(new Uint8Array(buffer, at, n)),
  BOOL: (buffer, at, n) => new Float32Array(new Uint8Array(buffer, at, n)),
};

/** Converts elements to float32; aligned float32 bytes are returned as a view, not a copy. */
export function toFloat32(bytes: Uint8Array, dtype: DType): Float32Array {
  const size = ITEM_SIZE[dtype];
  const { buffer, byteOffset, length } = byteOffsetAligned(bytes, size);
  return DECODERS[dtype](buffer, byteOffset, length / size);
}

function byteOffsetAligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}
