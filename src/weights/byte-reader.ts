/** Bounded reading of untrusted bytes. */
import { RefineDetError } from '../errors.ts';

/** Longest part of a name from a file that an error message repeats. */
const QUOTE_LIMIT = 80;

/** Makes a name from a file safe for a one-line message. */
export function quote(name: string): string {
  return JSON.stringify(name.length > QUOTE_LIMIT ? `${name.slice(0, QUOTE_LIMIT)}…` : name);
}

export function corrupt(message: string, cause?: unknown): RefineDetError {
  return new RefineDetError('MODEL_CORRUPT', message, { cause });
}

/** @throws MODEL_EMPTY when there are no bytes */
export function requireBytes(bytes: Uint8Array): void {
  if (bytes.length === 0) {
    throw new RefineDetError('MODEL_EMPTY', 'the model file is empty (0 bytes)');
  }
}

/** Little-endian cursor; reading past the end throws MODEL_CORRUPT. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** What is read, for error messages: "the pickle". */
  readonly #what: string;
  offset = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get done(): boolean {
    return this.offset >= this.bytes.length;
  }

  /** Returns the next `length` bytes as a view. */
  take(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** Reads a 64-bit size or offset; numbers from 2^53 lie past every end. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#advance(8), true);
    if (value > Number.MAX_SAFE_INTEGER) throw corrupt(`${this.#what} holds the size ${value}`);
    return Number(value);
  }

  /** Reads a float of a pickle; they are big-endian. */
  f64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  utf8(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  /** Reads text up to the next newline, which is skipped. */
  line(): string {
    const end = this.bytes.indexOf(10, this.offset);
    if (end < 0) throw this.#truncated(1);
    const text = this.utf8(end - this.offset);
    this.offset = end + 1;
    return text;
  }

  #advance(length: number): number {
    const start = this.offset;
    if (length > this.bytes.length - start) throw this.#truncated(length);
    this.offset = start + length;
    return start;
  }

  #truncated(length: number): RefineDetError {
    return corrupt(
      `${this.#what} ends after ${this.bytes.length} bytes, but ${length} bytes were expected at byte ${this.offset}`,
    );
  }
}
