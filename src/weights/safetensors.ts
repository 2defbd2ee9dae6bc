/**
 * The safetensors container: an 8-byte header length, a JSON header that maps tensor names to dtype,
 * shape and byte range, then the bytes. https://github.com/huggingface/safetensors
 */
import { RefineDetError } from '../errors.ts';
import { isRecord, parseJson } from '../json.ts';
import { show } from '../option-checks.ts';
import { ByteReader, corrupt, quote, requireBytes } from './byte-reader.ts';
import { type DType, ITEM_SIZE } from './dtype.ts';
import { elementCount } from './weight-source.ts';

export interface StoredTensor {
  dtype: DType;
  shape: readonly number[];
  /** View of the file. */
  bytes: Uint8Array;
}

export interface Safetensors {
  metadata: ReadonlyMap<string, string>;
  tensors: ReadonlyMap<string, StoredTensor>;
  /** All tensor bytes, as one view of the file. */
  data: Uint8Array;
}

/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

/** Whether the bytes begin like a safetensors file; they may still be truncated or damaged. */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[LENGTH_BYTES] === '{'.charCodeAt(0);
}

/**
 * Reads a safetensors file; tensors are views of `bytes`.
 * @throws MODEL_EMPTY, MODEL_FORMAT, MODEL_CORRUPT
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  requireBytes(bytes);
  if (!isSafetensors(bytes)) {
    throw new RefineDetError('MODEL_FORMAT', 'the file is not a safetensors file');
  }
  const reader = new ByteReader(bytes, 'the safetensors file');
  const headerLength = reader.u64();
  if (headerLength > MAX_HEADER_BYTES) {
    throw corrupt(`the safetensors header announces ${headerLength} bytes`);
  }
  const header = parseHeader(reader.take(headerLength));
  const data = bytes.subarray(reader.offset);
  const { __metadata__: metadata = {}, ...entries } = header;
  const ranges: Range[] = [];
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, begin, end } = parseEntry(name, entry);
    ranges.push({ name, begin, end });
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  requireTiling(ranges, data.length);
  return { metadata: parseMetadata(metadata), tensors, data };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw corrupt('the safetensors header is not valid JSON', cause);
  }
  if (!isRecord(header)) throw corrupt('the safetensors header is not a JSON object');
  return header;
}

function parseMetadata(value: unknown): Map<string, string> {
  const metadata = new Map<string, string>();
  if (!isRecord(value)) throw corrupt('the safetensors __metadata__ is not an object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw corrupt(`the metadata ${quote(key)} is not a string`);
    metadata.set(key, text);
  }
  return metadata;
}

interface Range {
  name: string;
  begin: number;
  end: number;
}

function parseEntry(name: string, entry: unknown) {
  if (!isRecord(entry)) throw corrupt(`tensor ${quote(name)} has no description`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(ITEM_SIZE, dtype)) {
    throw new RefineDetError(
      'MODEL_FORMAT',
      `tensor ${quote(name)} has the unsupported dtype ${show(dtype)}`,
    );
  }
  const count = elementCount(shape);
  if (count === undefined) throw corrupt(`tensor ${quote(name)} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(Number.isSafeInteger)) {
    throw corrupt(`tensor ${quote(name)} has no valid data_offsets`);
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== count * ITEM_SIZE[dtype as DType]) {
    throw corrupt(`tensor ${quote(name)} has ${end - begin} bytes for ${count} ${dtype} elements`);
  }
  return { dtype: dtype as DType, shape: shape as number[], begin, end };
}

/**
 * The ranges must cover the data exactly. That catches truncated files, overlaps, gaps, and also a
 * name given twice, of which JSON keeps one: the other's range becomes a gap.
 */
function requireTiling(ranges: Range[], length: number): void {
  let covered = 0;
  for (const { name, begin, end } of ranges.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      throw corrupt(`tensor ${quote(name)} begins at byte ${begin}, not at ${covered}`);
    }
    covered = end;
  }
  if (covered !== length) {
    throw corrupt(`the safetensors file has ${length} bytes of tensor data, not ${covered}`);
  }
}

/** A tensor to be written, encoded straight into the file. */
export interface TensorWriter {
  dtype: DType;
  shape: readonly number[];
  /** @param target zeroed bytes, aligned to the element size */
  write(target: Uint8Array): void;
}

/**
 * Encodes a file. Tensor data begins at a multiple of 8 bytes, larger element types first, so that
 * every tensor is aligned to its elements.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorWriter>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header = encodeHeader(tensors, metadata);
  const placed = place(tensors);
  const file = new Uint8Array(header.length + (placed.at(-1)?.end ?? 0));
  file.set(header);
  for (const { tensor, begin, end } of placed) {
    tensor.write(file.subarray(header.length + begin, header.length + end));
  }
  return file;
}

/** Length and JSON, padded with spaces to a multiple of 8 bytes. */
export function encodeHeader(
  tensors: ReadonlyMap<string, TensorWriter>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = place(tensors).map(({ name, tensor: { dtype, shape }, begin, end }) => [
    name,
    { dtype, shape, data_offsets: [begin, end] },
  ]);
  const json = new TextEncoder().encode(
    JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }),
  );
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(LENGTH_BYTES + length).fill(' '.charCodeAt(0), LENGTH_BYTES);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_BYTES);
  return header;
}

function place(tensors: ReadonlyMap<string, TensorWriter>) {
  let begin = 0;
  return [...tensors]
    .sort(([, a], [, b]) => ITEM_SIZE[b.dtype] - ITEM_SIZE[a.dtype])
    .map(([name, tensor]) => {
      const end = begin + (elementCount(tensor.shape) ?? 0) * ITEM_SIZE[tensor.dtype];
      const placed = { name, tensor, begin, end };
      begin = end;
      return placed;
    });
}
