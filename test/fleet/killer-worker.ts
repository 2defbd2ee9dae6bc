/** A worker whose process dies at one image: `killer-worker.ts MANIFEST FATAL_NAME REDIS_URL`. */
import { Manifest, type ShardRange } from '../../src/fleet/manifest.ts';
import { RedisQueue } from '../../src/fleet/redis-queue.ts';
import { workOn } from '../../src/fleet/run-shards.ts';
import { ShardWorker } from '../../src/fleet/shard-worker.ts';
import { Storage } from '../../src/fleet/storage/storage.ts';
import { fakeRun, fakeStart } from './helpers.ts';

const [uri, fatal, url] = process.argv.slice(2);
const start = fakeStart(async (job) => {
  if (job.file.endsWith(fatal)) process.kill(process.pid, 'SIGKILL');
  return fakeRun(job);
});
const storage = new Storage();
const manifest = await Manifest.open(uri, storage);
const { run } = manifest.header;
const queue = await RedisQueue.open<ShardRange>({ url, run, total: manifest.shards, lock: 500 });
const worker = await ShardWorker.open(manifest, { workers: 2 }, { storage, start });
await workOn(queue, worker, {});
await queue.close();
