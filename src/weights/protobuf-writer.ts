/** The protobuf wire format, written without a schema: the counterpart of protobuf.ts. */

/** Bytes that are made when they are written, one tensor at a time: a model never exists twice. */
export interface LateBytes {
  length: number;
  make(): Uint8Array;
}

/** A message in parts; concatenated, they are its encoding. */
export type Message = readonly (Uint8Array | LateBytes)[];

/** An integer of any protobuf type but `sint`. @param value from 0, below 2^53 */
export function numberField(number: number, value: number): Message {
  return [varint(8 * number), varint(value)];
}

/** A string, a nested message, or bytes: they are encoded alike. */
export function bytesField(number: number, content: string | Message): Message {
  const parts = typeof content === 'string' ? [new TextEncoder().encode(content)] : content;
  return [varint(8 * number + 2), varint(messageLength(parts)), ...parts];
}

/** Length of the encoded message in bytes. */
export function messageLength(message: Message): number {
  return message.reduce((sum, part) => sum + part.length, 0);
}

export function encodeMessage(message: Message): Uint8Array {
  const bytes = new Uint8Array(messageLength(message));
  let at = 0;
  for (const part of message) {
    bytes.set(part instanceof Uint8Array ? part : part.make(), at);
    at += part.length;
  }
  return bytes;
}

/** Seven bits per byte, lowest first; the high bit means that more bytes follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}
