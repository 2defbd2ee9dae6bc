/** The protobuf wire format, read without a schema: enough to find fields by number. */
import { ByteReader, corrupt } from './byte-reader.ts';

/** A field: `value` of a varint, `bytes` of everything else. */
export type Field =
  | { number: number; type: 'varint'; value: number }
  | { number: number; type: 'fixed64' | 'bytes' | 'fixed32'; bytes: Uint8Array };

/** Fields of a message in file order; `bytes` are views. @throws MODEL_CORRUPT */
export function* protobufFields(message: Uint8Array): Generator<Field> {
  const reader = new ByteReader(message, 'the protobuf message');
  while (!reader.done) {
    const tag = varint(reader);
    const number = Math.floor(tag / 8);
    if (number === 0) throw corrupt('the protobuf message has a field without a number');
    switch (tag % 8) {
      case 0:
        yield { number, type: 'varint', value: varint(reader) };
        break;
      case 1:
        yield { number, type: 'fixed64', bytes: reader.take(8) };
        break;
      case 2:
        yield { number, type: 'bytes', bytes: reader.take(varint(reader)) };
        break;
      case 5:
        yield { number, type: 'fixed32', bytes: reader.take(4) };
        break;
      default:
        throw corrupt(`the protobuf message has a field of the unknown wire type ${tag % 8}`);
    }
  }
}

export function packedVarints(bytes: Uint8Array): number[] {
  const reader = new ByteReader(bytes, 'the protobuf field');
  const values: number[] = [];
  while (!reader.done) values.push(varint(reader));
  return values;
}

/** Exact below 2^53; larger ones (negative numbers) only need to stay too large. */
function varint(reader: ByteReader): number {
  let value = 0;
  for (let factor = 1; factor < 2 ** 70; factor *= 128) {
    const byte = reader.u8();
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
  throw corrupt('the protobuf message has a number of more than ten bytes');
}
