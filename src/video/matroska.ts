/**
 * Raw frames with times as a Matroska stream, for the standard input of ffmpeg: the simplest format that
 * ffmpeg reads from a pipe with a time for each frame. Every frame is a cluster of its own.
 */

/** Nanoseconds of a tick: times are microseconds. */
const TICK = 1000;
const VIDEO_TRACK = 1;
/** A size that is not known in advance. */
const UNKNOWN_SIZE = Buffer.from('01ffffffffffffff', 'hex');

/** Returns the bytes before the first frame. */
export function matroskaHeader(width: number, height: number): Buffer {
  const head = element('1a45dfa3', element('4282', text('matroska')));
  const info = element('1549a966', element('2ad7b1', uint(TICK)));
  const sizes = [element('b0', uint(width)), element('ba', uint(height))];
  const layout = element('2eb524', Buffer.from([0x52, 0x47, 0x42, 24])); // RGB, 24 bits
  const track = [
    ...[element('d7', uint(VIDEO_TRACK)), element('73c5', uint(VIDEO_TRACK))],
    ...[element('83', uint(VIDEO_TRACK)), element('86', text('V_UNCOMPRESSED'))],
    element('e0', ...sizes, layout),
  ];
  const tracks = element('1654ae6b', element('ae', ...track));
  return Buffer.concat([head, Buffer.from('18538067', 'hex'), UNKNOWN_SIZE, info, tracks]);
}

/**
 * Returns the bytes before the pixels of a frame.
 * @param time milliseconds
 * @param bytes number of bytes of the pixels
 */
export function frameHeader(time: number, bytes: number): Buffer {
  const block = Buffer.from([0x80 | VIDEO_TRACK, 0, 0, 0x80]); // no offset, a key frame
  const clock = element('e7', uint(Math.round(1000 * time)));
  const blockHead = Buffer.concat([Buffer.from('a3', 'hex'), size(block.length + bytes)]);
  const length = clock.length + blockHead.length + block.length + bytes;
  return Buffer.concat([Buffer.from('1f43b675', 'hex'), size(length), clock, blockHead, block]);
}

/** @param id hexadecimal */
function element(id: string, ...content: Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from(id, 'hex'), size(length), ...content]);
}

/** A size of eight bytes, the first of which says so. */
function size(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  bytes[0] = 1;
  return bytes;
}

function uint(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
