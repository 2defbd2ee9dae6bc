/** The queue of a manifest's run. */
import { Manifest, type ShardRange } from '../../fleet/manifest.ts';
import { RedisQueue } from '../../fleet/redis-queue.ts';
import { Storage } from '../../fleet/storage/storage.ts';
import { warn } from '../terminal.ts';

interface QueueFlags {
  redis: string;
  timeout?: number;
  lock?: number;
}

/** @throws MANIFEST_FORMAT, FILE_NOT_FOUND, FETCH_FAILED, MISSING_DEPENDENCY, QUEUE_UNAVAILABLE */
export async function openQueue(
  uri: string,
  { redis: url, timeout, lock }: QueueFlags,
  signal?: AbortSignal,
) {
  const storage = new Storage({ timeout });
  const manifest = await Manifest.open(uri, storage, signal);
  const { run } = manifest.header;
  const queue = await RedisQueue.open<ShardRange>({ url, run, total: manifest.shards, lock, warn });
  return { storage, manifest, queue };
}
