/** Reads the results of a run, in the order of the manifest, shard by shard. */
import { inOrder } from '../concurrency.ts';
import { type ErrorCode, RefineDetError } from '../errors.ts';
import type { ImageResult } from '../rounding.ts';
import { Manifest, type ShardRange } from './manifest.ts';
import { readShard } from './shard-file.ts';
import { Storage, type StorageOptions } from './storage/storage.ts';

/** Shards that are read ahead. */
const AHEAD = 8;

/** An image that could not be read. */
export interface FailedImage {
  file: string;
  error: { code: ErrorCode; message: string };
}

/** Whether a line is of an image that could not be read. */
export function isFailedImage(value: MergedImage['value']): value is FailedImage {
  return 'error' in value;
}

/** The line of an image, and what it says. */
export interface MergedImage {
  /** Text of the line, without its end. */
  line: string;
  value: ImageResult | FailedImage;
}

/**
 * Yields every input of a manifest once. A shard is verified before its lines: their number, their SHA-256, and
 * that they are of the inputs of the manifest, in its order.
 * @param uri of the manifest
 * @throws SHARDS_FAILED for a shard that is missing or damaged, MANIFEST_FORMAT, FILE_NOT_FOUND, FETCH_FAILED
 */
export async function* mergeManifest(
  uri: string,
  options: StorageOptions & { signal?: AbortSignal } = {},
): AsyncGenerator<MergedImage> {
  const storage = new Storage(options);
  yield* mergedImages(await Manifest.open(uri, storage, options.signal), storage, options.signal);
}

export async function* mergedImages(
  manifest: Manifest,
  storage: Storage,
  signal?: AbortSignal,
): AsyncGenerator<MergedImage> {
  const read = (range: ShardRange) => readImages(manifest, storage, range, signal);
  for await (const [, outcome] of inOrder(manifest.ranges(), AHEAD, read)) {
    if ('error' in outcome) throw outcome.error;
    yield* outcome.value;
  }
}

async function readImages(
  manifest: Manifest,
  storage: Storage,
  range: ShardRange,
  signal?: AbortSignal,
): Promise<MergedImage[]> {
  const uri = manifest.shardUri(range.index);
  const fail = (reason: string) =>
    new RefineDetError(
      'SHARDS_FAILED',
      `shard ${range.index} ${reason}; "fleet run" writes it again`,
    );
  const bytes = await storage.find(uri, { signal });
  if (!bytes) throw fail(`is missing: ${uri}`);
  const shard = readShard(bytes, manifest, range.index);
  if ('damage' in shard) throw fail(`is damaged (${uri}): ${shard.damage}`);
  const inputs = await manifest.inputs(range, signal);
  return shard.lines.map((line, i) => {
    const value = JSON.parse(line) as MergedImage['value'];
    if (value.file === inputs[i].uri) return { line, value };
    throw fail(`is damaged (${uri}): line ${i + 1} is of ${value.file}, not of ${inputs[i].uri}`);
  });
}
