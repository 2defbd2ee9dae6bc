/** Encodes NetParameter messages by hand, in both versions of the layer message. */
import { bytes } from './pickle-writer.ts';

export function varint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...out, Number(rest)]);
}

export const numberField = (number: number, value: number | bigint) =>
  bytes(varint(8 * number), varint(value));
export const bytesField = (number: number, value: Uint8Array | string) =>
  bytes(
    varint(8 * number + 2),
    varint(typeof value === 'string' ? bytes(value).length : value.length),
    value,
  );

/** BlobProto with a BlobShape. */
export function blob(shape: number[], values: ArrayLike<number>, double = false): Uint8Array {
  const dims = bytes(...shape.map(varint));
  const data = double ? Float64Array.from(values) : Float32Array.from(values);
  return bytes(
    bytesField(7, bytesField(1, dims)),
    bytesField(double ? 8 : 5, new Uint8Array(data.buffer)),
  );
}

/** BlobProto of old files: num, channels, height, width. */
export function legacyBlob(shape: number[], values: number[]): Uint8Array {
  return bytes(
    ...shape.map((size, i) => numberField(i + 1, size)),
    bytesField(5, new Uint8Array(Float32Array.from(values).buffer)),
  );
}

/** A layer with fields that the reader has to skip. */
export const layerV2 = (name: string, ...blobs: Uint8Array[]) =>
  bytesField(
    100,
    bytes(
      bytesField(1, name),
      bytesField(2, 'Convolution'),
      bytes(varint(8 * 5 + 5), [0, 0, 128, 63]), // a fixed32: loss_weight
      ...blobs.map((data) => bytesField(7, data)),
      bytesField(106, numberField(1, 64)),
    ),
  );

export const layerV1 = (name: string, ...blobs: Uint8Array[]) =>
  bytesField(
    2,
    bytes(
      bytesField(2, 'data'),
      ...blobs.map((data) => bytesField(6, data)),
      bytesField(4, name),
      numberField(5, 4),
    ),
  );

export const net = (...layers: Uint8Array[]) => bytes(bytesField(1, 'net'), ...layers);
