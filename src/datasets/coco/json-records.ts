/**
 * Reads a JSON object of long lists element by element, so that a file of hundreds of megabytes
 * costs its bytes and not the many times larger tree of its values.
 */

import { isUtf8 } from 'node:buffer';
import { decodeText, EncodingError, markedEncoding } from '../decode-text.ts';

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Deeper than any real annotation; keeps deeply nested hostile values from JSON.parse. */
const MAX_DEPTH = 64;
/** 1 for bytes that mean nothing when values are skipped: most of them are digits. */
const IS_PLAIN = new Uint8Array(256).fill(1);
for (const byte of [QUOTE, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET]) {
  IS_PLAIN[byte] = 0;
}

/** A syntax error at a byte offset. */
export class JsonError extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/**
 * The bytes of a JSON file as UTF-8.
 * @throws EncodingError when they are not text
 */
export function jsonBytes(bytes: Buffer): Buffer {
  const marked = markedEncoding(bytes);
  if (marked !== undefined && marked !== 'utf-8') return Buffer.from(decodeText(bytes));
  if (isUtf8(bytes)) return bytes;
  throw new EncodingError('the bytes are not UTF-8 text');
}

/**
 * Offsets of the values of a file's top-level object.
 * @throws JsonError when the file is not one JSON object or holds a key twice
 */
export function objectMembers(bytes: Buffer): Map<string, number> {
  const members = new Map<string, number>();
  let at = documentStart(bytes);
  if (bytes[at] !== OPEN_BRACE) throw new JsonError(at, 'the file is not a JSON object');
  at = skipSpace(bytes, at + 1);
  while (bytes[at] !== CLOSE_BRACE) {
    if (members.size > 0) at = skipSpace(bytes, expect(bytes, at, COMMA));
    if (bytes[at] !== QUOTE) throw new JsonError(at, 'a key is missing');
    const keyEnd = skipString(bytes, at);
    const key = String(parse(bytes, at, keyEnd));
    if (members.has(key)) throw new JsonError(at, `the key "${key}" occurs twice`);
    at = skipSpace(bytes, expect(bytes, skipSpace(bytes, keyEnd), COLON));
    members.set(key, at);
    at = skipSpace(bytes, skipValue(bytes, at));
  }
  if (skipSpace(bytes, at + 1) < bytes.length) {
    throw new JsonError(at + 1, 'there is text behind the JSON object');
  }
  return members;
}

/** An element of a list, and where it starts. */
export interface ListElement {
  value: unknown;
  offset: number;
}

/**
 * Elements of a file that is one list.
 * @throws JsonError when it is anything else or an element is malformed
 */
export function* documentElements(bytes: Buffer): Generator<ListElement> {
  const end = yield* listElements(bytes, documentStart(bytes));
  if (skipSpace(bytes, end) < bytes.length) {
    throw new JsonError(end, 'there is text behind the JSON list');
  }
}

/**
 * Elements of the list at an offset, each parsed when it is asked for.
 * @returns end of the list
 * @throws JsonError without a list, or when an element is malformed
 */
export function* listElements(bytes: Buffer, offset: number): Generator<ListElement, number> {
  if (bytes[offset] !== OPEN_BRACKET) throw new JsonError(offset, 'a list is expected');
  let at = skipSpace(bytes, offset + 1);
  if (bytes[at] === CLOSE_BRACKET) return at + 1;
  for (;;) {
    const end = skipValue(bytes, at);
    yield { value: parse(bytes, at, end), offset: at };
    at = skipSpace(bytes, end);
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    at = skipSpace(bytes, expect(bytes, at, COMMA));
  }
}

/** Tells 1-based lines of byte offsets; quick for offsets that ascend. */
export function lineFinder(bytes: Buffer): (offset: number) => number {
  const lineEnd = (start: number) => {
    const newline = bytes.indexOf(0x0a, start);
    return newline < 0 ? bytes.length : newline;
  };
  let [line, start, end] = [1, 0, lineEnd(0)];
  return (offset) => {
    if (offset < start) [line, start, end] = [1, 0, lineEnd(0)];
    while (offset > end) [line, start, end] = [line + 1, end + 1, lineEnd(end + 1)];
    return line;
  };
}

/** Offset of the first value, behind a byte order mark. */
function documentStart(bytes: Buffer): number {
  return skipSpace(bytes, bytes.subarray(0, 3).toString('hex') === 'efbbbf' ? 3 : 0);
}

function parse(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch (cause) {
    throw new JsonError(start, cause instanceof Error ? cause.message : 'malformed JSON');
  }
}

function expect(bytes: Buffer, at: number, byte: number): number {
  if (bytes[at] !== byte) throw new JsonError(at, `"${String.fromCharCode(byte)}" is missing`);
  return at + 1;
}

/** End of the value that starts at an offset. Pairs brackets by count only: `parse` does the rest. */
function skipValue(bytes: Buffer, start: number): number {
  let depth = 0;
  let at = start;
  do {
    if (depth > 0) while (IS_PLAIN[bytes[at]]) at++;
    const byte = bytes[at];
    if (byte === undefined) throw new JsonError(at, 'the file ends inside a value');
    if (byte === QUOTE) {
      at = skipString(bytes, at);
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) {
        throw new JsonError(at, `values are nested more than ${MAX_DEPTH} deep`);
      }
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
    } else if (depth === 0) {
      return skipScalar(bytes, at);
    }
    at++;
  } while (depth > 0);
  return at;
}

function skipScalar(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && !isDelimiter(bytes[at])) at++;
  if (at === start) throw new JsonError(at, 'a value is missing');
  return at;
}

const isDelimiter = (byte: number): boolean =>
  byte <= 0x20 || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET;

function skipString(bytes: Buffer, start: number): number {
  let quote = start;
  do {
    quote = bytes.indexOf(QUOTE, quote + 1);
    if (quote < 0) throw new JsonError(start, 'a string has no end');
  } while (isEscaped(bytes, quote));
  return quote + 1;
}

function isEscaped(bytes: Buffer, quote: number): boolean {
  let first = quote;
  while (bytes[first - 1] === BACKSLASH) first--;
  return (quote - first) % 2 === 1;
}

function skipSpace(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] === 0x20 || (bytes[at] >= 0x09 && bytes[at] <= 0x0d)) at++;
  return at;
}
