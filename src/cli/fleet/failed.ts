/** `refinedet fleet failed`. */
import { Manifest } from '../../fleet/manifest.ts';
import { isFailedImage } from '../../fleet/merge-shards.ts';
import { readShard } from '../../fleet/shard-file.ts';
import { Storage } from '../../fleet/storage/storage.ts';
import { print } from '../terminal.ts';
import type { FailedFlags } from './fleet-options.ts';
import { openQueue } from './open-queue.ts';

/** @throws MANIFEST_FORMAT, FILE_NOT_FOUND, FETCH_FAILED, QUEUE_UNAVAILABLE */
export async function runFailed(uri: string, flags: FailedFlags): Promise<void> {
  const { redis, timeout } = flags;
  if (redis !== undefined) {
    const { queue } = await openQueue(uri, { timeout, redis });
    try {
      for await (const { index, reason } of queue.failed()) {
        await print(`${JSON.stringify({ shard: index, reason })}\n`);
      }
    } finally {
      await queue.close();
    }
  }
  const storage = new Storage({ timeout });
  const manifest = await Manifest.open(uri, storage);
  for (let shard = 0; shard < manifest.shards; shard++) {
    const bytes = await storage.find(manifest.shardUri(shard));
    const read = bytes ? readShard(bytes, manifest, shard) : { lines: [] };
    if (!('lines' in read)) continue; // "fleet run" works on it again
    for (const line of read.lines) {
      const value = JSON.parse(line);
      if (isFailedImage(value)) await print(`${JSON.stringify({ shard, ...value })}\n`);
    }
  }
}
