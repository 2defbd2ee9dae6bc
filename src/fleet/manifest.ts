/** A manifest in a store. Shards are written beside it. */
import { createHash } from 'node:crypto';
import { RefineDetError } from '../errors.ts';
import { byteLines, textLines } from './byte-lines.ts';
import { headerLine, type ManifestHeader, parseHeader, parseInput } from './manifest-format.ts';
import type { Storage } from './storage/storage.ts';
import { besides, type StoredFile } from './storage/store.ts';

/** Digits of a shard's number in its file's name; more are used when a run needs them. */
const DIGITS = 5;
/** Hexadecimal digits of a run's name. */
export const RUN_DIGITS = 16;
/** Far above any header: a thousand classes take a few kilobytes. */
const LONGEST_HEADER = 2 ** 20;

/** Some inputs of a manifest: its bytes from `start` up to, but without, `end`. */
export interface ShardRange {
  /** Number of the shard, from 0. */
  index: number;
  start: number;
  end: number;
}

export class Manifest {
  readonly uri: string;
  readonly header: ManifestHeader;
  readonly #storage: Storage;

  private constructor(uri: string, header: ManifestHeader, storage: Storage) {
    this.uri = uri;
    this.header = header;
    this.#storage = storage;
  }

  /** @throws MANIFEST_FORMAT, FILE_NOT_FOUND, FETCH_FAILED */
  static async open(uri: string, storage: Storage, signal?: AbortSignal): Promise<Manifest> {
    let start = '';
    const decoder = new TextDecoder();
    for await (const bytes of storage.stream(uri, signal)) {
      start += decoder.decode(bytes, { stream: true });
      if (start.includes('\n') || start.length > LONGEST_HEADER) break;
    }
    return new Manifest(uri, parseHeader(start.split('\n')[0], uri), storage);
  }

  get shards(): number {
    return Math.ceil(this.header.inputs / this.header.shardSize);
  }

  /** Number of inputs of a shard. */
  sizeOf(index: number): number {
    const { inputs, shardSize } = this.header;
    return Math.min(shardSize, inputs - index * shardSize);
  }

  /** URI of the file with a shard's results. */
  shardUri(index: number): string {
    return besides(this.uri, `shard-${String(index).padStart(DIGITS, '0')}.jsonl`);
  }

  /**
   * Places of all shards, in one pass over the manifest.
   * @throws MANIFEST_FORMAT when it has been changed: its content must have the hash that names the run
   */
  async *ranges(signal?: AbortSignal): AsyncGenerator<ShardRange> {
    const { run, ...settings } = this.header;
    const { manifest: _, ...rest } = settings as typeof settings & { manifest?: number };
    const hash = createHash('sha256').update(headerLine(rest));
    let inputs = -1; // the header is the first line
    let start = 0;
    for await (const lines of byteLines(this.#storage.stream(this.uri, signal))) {
      for (const { bytes, start: at } of lines) {
        const end = at + bytes.length;
        if (inputs >= 0) hash.update(bytes);
        if (inputs++ < 0) start = end;
        else if (inputs % this.header.shardSize === 0 || inputs === this.header.inputs) {
          yield { index: Math.ceil(inputs / this.header.shardSize) - 1, start, end };
          start = end;
        }
      }
    }
    if (inputs === this.header.inputs && hash.digest('hex').startsWith(run)) return;
    const message = `${this.uri} has been changed: its content does not fit its run ${run}`;
    throw new RefineDetError('MANIFEST_FORMAT', message);
  }

  /** @throws MANIFEST_FORMAT when it has been changed; FILE_NOT_FOUND, FETCH_FAILED */
  async verify(signal?: AbortSignal): Promise<void> {
    for await (const _ of this.ranges(signal)); // compares the hash at the end
  }

  /** @throws MANIFEST_FORMAT, FILE_NOT_FOUND, FETCH_FAILED */
  async inputs({ start, end }: ShardRange, signal?: AbortSignal): Promise<StoredFile[]> {
    const bytes = await this.#storage.read(this.uri, { start, end, signal });
    return textLines(bytes).map((line) => parseInput(line, this.uri));
  }
}
