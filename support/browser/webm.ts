/** The smallest WebM file that plays: one VP8 track, one cluster (up to 32 seconds). */

export interface Block {
  /** Time in milliseconds. */
  time: number;
  isKey: boolean;
  data: Uint8Array;
}

interface Film {
  width: number;
  height: number;
  /** Duration in milliseconds. */
  duration: number;
}

export function muxWebm(blocks: readonly Block[], { width, height, duration }: Film): Uint8Array {
  const head = element(
    '1a45dfa3',
    ...[element('4282', text('webm')), element('4287', uint(2)), element('4285', uint(2))],
  );
  const length = Buffer.alloc(8);
  length.writeDoubleBE(duration);
  const info = element(
    '1549a966',
    ...[element('2ad7b1', uint(1_000_000)), element('4489', length)], // nanoseconds per tick
    ...[element('4d80', text('test')), element('5741', text('test'))],
  );
  const video = element('e0', element('b0', uint(width)), element('ba', uint(height)));
  const entry = [element('d7', uint(1)), element('73c5', uint(1)), element('83', uint(1))];
  const track = element('ae', ...entry, element('86', text('V_VP8')), video);
  const cluster = element('1f43b675', element('e7', uint(0)), ...blocks.map(simpleBlock));
  return Buffer.concat([head, element('18538067', info, element('1654ae6b', track), cluster)]);
}

function simpleBlock({ time, isKey, data }: Block): Buffer {
  const header = Buffer.from([0x81, 0, 0, isKey ? 0x80 : 0]);
  header.writeInt16BE(Math.round(time), 1);
  return element('a3', header, data);
}

/** @param id hexadecimal */
function element(id: string, ...content: Uint8Array[]): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(content.reduce((sum, { length }) => sum + length, 0)));
  size[0] = 1; // the size has eight bytes
  return Buffer.concat([Buffer.from(id, 'hex'), size, ...content]);
}

function uint(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
