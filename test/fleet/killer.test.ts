/** An image that kills every process that detects in it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Manifest, type ShardRange } from '../../src/fleet/manifest.ts';
import { mergeManifest } from '../../src/fleet/merge-shards.ts';
import { RedisQueue } from '../../src/fleet/redis-queue.ts';
import { rangesOf } from '../../src/fleet/run-shards.ts';
import { Storage } from '../../src/fleet/storage/storage.ts';
import { isPosix } from '../../support/posix.ts';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis.ts';
import { collect, fleetFolder } from './helpers.ts';

let world: Awaited<ReturnType<typeof fleetFolder>>;
let redis: RedisServer;
beforeAll(async () => {
  world = await fleetFolder();
  mkdirSync(world.at('redis'));
  if (hasRedis) redis = await startRedis(world.at('redis'));
});
afterAll(async () => {
  await redis?.stop();
  world.remove();
});

const PROGRAM = fileURLToPath(new URL('killer-worker.ts', import.meta.url));
const LOADER = new URL('../../support/tsx.mjs', import.meta.url).href;

/** Starts workers until one ends by itself. @returns the number of deaths */
async function deathsUntilDone(...args: string[]): Promise<number> {
  for (let deaths = 0; ; deaths++) {
    const flags = ['--conditions=refinedet-source', `--import=${LOADER}`, PROGRAM];
    const child = spawn(process.execPath, [...flags, ...args], { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    if (code === 0) return deaths;
    expect(code).toBe(null);
  }
}

describe.skipIf(!isPosix || !hasRedis)(
  'an image that kills its process',
  { timeout: 120_000 },
  () => {
    it('becomes an error line after four deaths, and no other image with it', async () => {
      const { uri, run, shards } = await world.plan(world.images(9));
      const queue = await RedisQueue.open<ShardRange>({ url: redis.url, run, total: shards });
      const manifest = await Manifest.open(uri, new Storage());
      await queue.add(rangesOf(manifest, [0, 1, 2]));
      expect(await deathsUntilDone(uri, '/5.png', redis.url)).toBe(4);
      expect(await queue.status()).toMatchObject({ done: 3, failed: 0 });
      await queue.close();
      const values = (await collect(mergeManifest(uri))).map(({ value }) => value);
      expect(values).toHaveLength(9);
      const lost = values.filter((value) => 'error' in value);
      expect(lost.map(({ file, error }) => [path.basename(file), error.code])).toEqual([
        ['5.png', 'WORKER_CRASHED'],
      ]);
    });
  },
);
