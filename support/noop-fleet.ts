/** A fleet whose detector computes nothing and whose images are in memory: what is left is the queue and the files. */
import { Manifest, type ShardRange } from '../src/fleet/manifest.ts';
import { RedisQueue } from '../src/fleet/redis-queue.ts';
import { rangesOf, workOn } from '../src/fleet/run-shards.ts';
import { ShardWorker, type WorkerSetup } from '../src/fleet/shard-worker.ts';
import { Storage } from '../src/fleet/storage/storage.ts';
import type { ReadOptions, StoredFile } from '../src/fleet/storage/store.ts';

/** Bytes of every image. */
const IMAGE = new Uint8Array(1);

/** Reads `memory:` URIs from memory. */
class MemoryImages extends Storage {
  override async find(uri: string, options?: ReadOptions): Promise<Uint8Array | undefined> {
    return uri.startsWith('memory:') ? IMAGE : super.find(uri, options);
  }
}

/** URIs of such images, in the form and length of those of a bucket. */
export function* memoryImages(count: number): Generator<StoredFile> {
  for (let i = 0; i < count; i++) {
    const uri = `memory://bucket/photos/2026/11/${String(i).padStart(10, '0')}.jpg`;
    yield { uri, size: IMAGE.length };
  }
}

/** Starts no workers and finds nothing. */
const noop: NonNullable<WorkerSetup['start']> = async () => ({
  detector: { heapBytes: 0, dispose: async () => {} } as never,
  run: async () => ({ width: 1, height: 1, detections: [] }),
});

/** Adds all shards of a manifest to a queue; works on them at the same time. @returns seconds in all */
export async function drain(manifestUri: string, redis: string): Promise<number> {
  const storage = new MemoryImages();
  const manifest = await Manifest.open(manifestUri, storage);
  const { shards } = manifest;
  const worker = await ShardWorker.open(manifest, { workers: 4 }, { storage, start: noop });
  const options = { url: redis, run: manifest.header.run, total: shards };
  const [producer, consumer] = await Promise.all(
    [0, 1].map(() => RedisQueue.open<ShardRange>(options)),
  );
  const start = performance.now();
  const adding = producer.add(rangesOf(manifest, Array(shards).keys()));
  const failed = await workOn(consumer, worker, {});
  await adding;
  const seconds = (performance.now() - start) / 1000;
  await Promise.all([producer.close(), consumer.close()]);
  if (failed.length > 0) throw new Error(`${failed.length} shards failed: ${failed[0].reason}`);
  return seconds;
}
