/** Runs a manifest in this process, or a fixed part of it. */
import { mapConcurrently } from '../concurrency.ts';
import { RefineDetError } from '../errors.ts';
import { checkValue, wholeFrom } from '../option-checks.ts';
import { EmbeddedQueue } from './embedded-queue.ts';
import { Manifest, type ShardRange } from './manifest.ts';
import { readShard } from './shard-file.ts';
import {
  type ShardOutcome,
  ShardWorker,
  type ShardWorkerOptions,
  type WorkerEvents,
  type WorkerSetup,
} from './shard-worker.ts';
import { Storage, type StorageOptions } from './storage/storage.ts';
import { besides } from './storage/store.ts';
import { type FailedTask, gracefulEnd, type Process, type TaskQueue } from './task-queue.ts';

/** Files that are checked at a time. */
const CHECKS = 32;
const DEFAULT_GRACE = 25_000;

/** A fixed part of a run's shards: those whose number leaves the rest `index` when divided by `count`. */
export interface RunPart {
  index: number;
  count: number;
}

/** What is about to be done. */
export interface RunStart {
  /** Shards of the run, or of the part. */
  shards: number;
  /** Shards whose files are missing or damaged. */
  missing: number;
  /** Images of the missing shards. */
  images: number;
}

/** Options of {@link runManifest}. */
export interface RunOptions extends ShardWorkerOptions, StorageOptions, WorkerEvents {
  /** Default: all shards. */
  part?: RunPart;
  /** Milliseconds for shards under way to end after `signal` has fired. Default 25,000. */
  grace?: number;
  /** Called when the files have been checked, before any work. */
  onStart?(start: RunStart): void;
}

/** What a run has done. */
export interface RunSummary extends RunStart {
  run: string;
  written: number;
  failed: FailedTask[];
}

/**
 * Works on the shards whose files are missing or damaged, as many at a time as there are workers. After an
 * interruption at any moment, the same call continues.
 * @param uri of the manifest
 * @throws INVALID_OPTION, MANIFEST_FORMAT, FLEET_MISMATCH, FILE_WRITE, the errors of loading a model
 */
export function runManifest(uri: string, options: RunOptions = {}): Promise<RunSummary> {
  return runWith(uri, options);
}

interface Internals extends Pick<WorkerSetup, 'start'> {
  /** Receives the worker when it has started. */
  watch?(worker: ShardWorker): void;
}

export async function runWith(
  uri: string,
  options: RunOptions,
  { start, watch }: Internals = {},
): Promise<RunSummary> {
  const { part, signal, grace = DEFAULT_GRACE } = options;
  if (part) checkValue('part.index', part.index, wholeFrom(0, part.count - 1));
  const storage = new Storage(options);
  const manifest = await Manifest.open(uri, storage, signal);
  const { missing, shards } = await missingShards(manifest, storage, part, signal);
  const images = missing.reduce((sum, index) => sum + manifest.sizeOf(index), 0);
  const begin = { shards, missing: missing.length, images };
  options.onStart?.(begin);
  const summary = { run: manifest.header.run, ...begin, written: 0, failed: [] };
  if (missing.length === 0) return summary;
  const worker = await ShardWorker.open(manifest, options, { ...options, storage, start });
  watch?.(worker);
  const notesOf = (index: number) => besides(manifest.uri, `shard-${index}.journal.json`);
  const queue = new EmbeddedQueue(rangesOf(manifest, missing), storage, notesOf);
  let written = 0;
  const shard: RunOptions['shard'] = (outcome, seconds) => {
    if (outcome === 'written') written++;
    options.shard?.(outcome, seconds);
  };
  try {
    const failed = await workOn(queue, worker, { signal, grace, shard });
    return { ...summary, written, failed };
  } finally {
    await worker.dispose();
  }
}

/** Takes shards from a queue until nothing is left or the signal fires. @returns the shards that have failed */
export async function workOn(
  queue: TaskQueue<ShardRange>,
  worker: ShardWorker,
  { signal, grace = DEFAULT_GRACE, shard }: Pick<RunOptions, 'signal' | 'grace' | 'shard'>,
): Promise<FailedTask[]> {
  const { clear, ...end } = gracefulEnd(signal, grace);
  const carryOut: Process<ShardRange> = async (range, journal, abort) => {
    const start = performance.now();
    let outcome: ShardOutcome = 'failed';
    try {
      outcome = await worker.process(range, journal, abort);
    } catch (error) {
      if (abort?.aborted) outcome = 'released';
      throw error;
    } finally {
      shard?.(outcome, (performance.now() - start) / 1000);
    }
  };
  try {
    return await queue.work(carryOut, { concurrency: worker.workers, ...end });
  } finally {
    clear();
  }
}

/** Shards, or those of a part, whose files are missing or damaged. */
export async function missingShards(
  manifest: Manifest,
  storage: Storage,
  { index, count }: RunPart = { index: 0, count: 1 },
  signal?: AbortSignal,
): Promise<{ shards: number; missing: number[] }> {
  const all = Array.from({ length: manifest.shards }, (_, number) => number);
  const mine = all.filter((number) => number % count === index);
  const check = async (number: number) => {
    const bytes = await storage.find(manifest.shardUri(number), { signal });
    return bytes !== undefined && 'lines' in readShard(bytes, manifest, number);
  };
  const isThere = await mapConcurrently(mine, check, CHECKS);
  return { shards: mine.length, missing: mine.filter((_, i) => !isThere[i]) };
}

/** Places of some shards. */
export async function* rangesOf(
  manifest: Manifest,
  indices: Iterable<number>,
): AsyncGenerator<ShardRange> {
  const wanted = new Set(indices);
  for await (const range of manifest.ranges()) {
    if (wanted.delete(range.index)) yield range;
    if (wanted.size === 0) return;
  }
}

/** One error for shards that have failed. */
export function shardsFailed(failed: readonly FailedTask[]): RefineDetError {
  const details = failed.map(({ index, reason }) => `shard ${index}: ${reason}`);
  const which = failed.length === 1 ? `shard ${failed[0].index}` : `${failed.length} shards`;
  const message = `${which} failed: ${failed[0].reason}`;
  return new RefineDetError('SHARDS_FAILED', message, {
    details: failed.length > 1 ? details : [],
  });
}
