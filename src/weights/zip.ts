/**
 * Reads zip archives whose entries are stored, not compressed: what torch.save writes, so that
 * tensors can be read in place. Compressed entries are refused, so nothing can inflate, and a
 * general zip library would only add copies. Zip64 included.
 */
import { RefineDetError } from '../errors.ts';
import { ByteReader, corrupt, quote } from './byte-reader.ts';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const MAX_COMMENT = 0xffff;
/** Means "see the 64-bit field". */
const SATURATED = 0xffffffff;
const STORED = 0;
const ENCRYPTED = 1;

export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new ByteReader(bytes, 'the zip archive').u32() === LOCAL_HEADER;
}

/**
 * Entries by name, as views of `bytes`.
 * @throws MODEL_CORRUPT, or MODEL_FORMAT for compressed or encrypted entries
 */
export function readZip(bytes: Uint8Array): Map<string, Uint8Array> {
  const reader = new ByteReader(bytes, 'the zip archive');
  const { count, offset } = findDirectory(reader);
  const entries = new Map<string, Uint8Array>();
  reader.offset = offset;
  for (let i = 0; i < count; i++) {
    const entry = readCentralHeader(reader);
    if (entries.has(entry.name)) throw corrupt(`the zip archive holds ${quote(entry.name)} twice`);
    entries.set(entry.name, entryData(bytes, entry));
  }
  return entries;
}

function findDirectory(reader: ByteReader): { count: number; offset: number } {
  const { bytes } = reader;
  const first = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT);
  for (let at = bytes.length - END_BYTES; at >= first; at--) {
    if (bytes[at] !== (END & 0xff)) continue;
    reader.offset = at;
    if (reader.u32() !== END) continue;
    reader.offset = at + 10;
    const count = reader.u16();
    reader.offset = at + 16;
    return findDirectory64(reader, at) ?? { count, offset: reader.u32() };
  }
  throw corrupt('the zip archive is truncated: its central directory is missing');
}

function findDirectory64(reader: ByteReader, end: number) {
  const back = reader.offset;
  if (end >= LOCATOR_BYTES) {
    reader.offset = end - LOCATOR_BYTES;
    if (reader.u32() === LOCATOR_64) {
      reader.offset = end - LOCATOR_BYTES + 8;
      const at = reader.u64();
      reader.offset = at;
      if (reader.u32() !== END_64) throw corrupt('the zip archive has a damaged zip64 directory');
      reader.offset = at + 32;
      const count = reader.u64();
      reader.offset = at + 48;
      return { count, offset: reader.u64() };
    }
  }
  reader.offset = back;
  return undefined;
}

interface Entry {
  name: string;
  size: number;
  /** Offset of the local header. */
  offset: number;
}

function readCentralHeader(reader: ByteReader): Entry {
  const start = reader.offset;
  if (reader.u32() !== CENTRAL_HEADER) throw corrupt('the zip directory is damaged');
  reader.offset = start + 8;
  const flags = reader.u16();
  const method = reader.u16();
  reader.offset = start + 20;
  const compressedSize = reader.u32();
  let size = reader.u32();
  const nameLength = reader.u16();
  const extraLength = reader.u16();
  const commentLength = reader.u16();
  reader.offset = start + 42;
  let offset = reader.u32();
  const name = reader.utf8(nameLength);
  if (method !== STORED || (flags & ENCRYPTED) !== 0) {
    throw new RefineDetError(
      'MODEL_FORMAT',
      `the zip entry ${quote(name)} is compressed or encrypted, which torch.save never does`,
    );
  }
  const extra = reader.take(extraLength);
  reader.take(commentLength);
  if ([size, compressedSize, offset].includes(SATURATED)) {
    const wide = wideFields(extra);
    if (size === SATURATED) size = wide.u64();
    if (compressedSize === SATURATED) wide.u64();
    if (offset === SATURATED) offset = wide.u64();
  }
  return { name, size, offset };
}

/** The zip64 extra field: those of size, compressed size and offset that are saturated. */
function wideFields(extra: Uint8Array): ByteReader {
  const fields = new ByteReader(extra, 'the extra field of a zip entry');
  while (!fields.done) {
    const id = fields.u16();
    const data = fields.take(fields.u16());
    if (id === 1) return new ByteReader(data, 'the zip64 field of a zip entry');
  }
  return fields;
}

function entryData(bytes: Uint8Array, { name, size, offset }: Entry): Uint8Array {
  const reader = new ByteReader(bytes, `the zip entry ${quote(name)}`);
  reader.offset = offset;
  if (reader.u32() !== LOCAL_HEADER) throw corrupt(`the zip entry ${quote(name)} is damaged`);
  reader.offset = offset + 26;
  const nameLength = reader.u16();
  const extraLength = reader.u16();
  reader.take(nameLength + extraLength);
  return reader.take(size);
}
