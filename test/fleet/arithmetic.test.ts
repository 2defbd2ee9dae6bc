/** The figures of docs/scaling.md, measured on a real Redis with a detector that computes nothing. */
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShardRange } from '../../src/fleet/manifest.ts';
import { planManifest } from '../../src/fleet/plan-run.ts';
import { RedisQueue } from '../../src/fleet/redis-queue.ts';
import { drain, memoryImages } from '../../support/noop-fleet.ts';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis.ts';
import { temporaryFolder } from '../cli/helpers.ts';

const { at, remove } = temporaryFolder();
const SHARDS = 60;
const SHARD_SIZE = 500;
const IMAGES = SHARDS * SHARD_SIZE;

let redis: RedisServer;
beforeAll(async () => {
  mkdirSync(at('redis'));
  if (hasRedis) redis = await startRedis(at('redis'));
});
afterAll(async () => {
  await redis?.stop();
  remove();
});

const WAITING = 5000;

async function* ranges(from: number, to: number): AsyncGenerator<ShardRange> {
  for (let index = from; index < to; index++) {
    yield { index, start: 38_000 * index, end: 38_000 * (index + 1) };
  }
}

/** Numbers of the table by the name of its row: of a shard, of a million images. */
const page = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8');
const [, table] = /<!-- arithmetic -->([\s\S]*)<!-- \/arithmetic -->/.exec(page)!;
const UNITS: Record<string, number> = { MB: 1e6, GB: 1e9 };
const numberOf = (cell: string) => {
  const [, digits, unit] = /^([\d.,]+) ?(MB|GB)?/.exec(cell)!;
  return Number(digits.replaceAll(',', '')) * (UNITS[unit] ?? 1);
};
const rows = new Map(
  table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) => line.slice(2, -2).split(' | '))
    .map(([name, ...cells]) => [name, cells.map(numberOf)]),
);

/** Sums of INFO, by the names of its lines. */
async function info(...names: string[]): Promise<number[]> {
  const { Redis } = await import('ioredis');
  const client = new Redis(redis.url);
  const text = await client.info('everything');
  client.disconnect();
  return names.map((name) =>
    Number(new RegExp(`^${name}[:=](?:calls=)?(\\d+)`, 'm').exec(text)?.[1] ?? 0),
  );
}

/** Within a quarter: the figures are for planning. */
const expectAbout = (measured: number, name: string) => {
  const [stated] = rows.get(name)!;
  expect(measured / stated, `${name}: ${measured} instead of ${stated}`).toBeGreaterThan(0.75);
  expect(measured / stated, `${name}: ${measured} instead of ${stated}`).toBeLessThan(1.25);
};

describe('the arithmetic of docs/scaling.md', () => {
  it('multiplies without a mistake', () => {
    const shards = rows.get('shards')![1];
    expect(shards * SHARD_SIZE).toBe(1e6);
    for (const [name, [one, million, billion]] of rows) {
      expect(one * shards, name).toBe(million);
      if (!name.startsWith('memory')) expect(million * 1000, name).toBe(billion);
    }
  });

  it.skipIf(!hasRedis)('is what a run without a detector takes', async () => {
    const plan = await planManifest(memoryImages(IMAGES), {
      dest: at('out'),
      shardSize: SHARD_SIZE,
    });
    expectAbout(statSync(plan.uri).size / SHARDS, 'bytes of the manifest');

    const options = { url: redis.url, run: 'waiting', total: WAITING };
    const queue = await RedisQueue.open<ShardRange>(options);
    await queue.add(ranges(0, 1)); // loads the scripts
    const [empty] = await info('used_memory_dataset');
    await queue.add(ranges(1, WAITING));
    const [full] = await info('used_memory_dataset');
    expectAbout((full - empty) / WAITING, 'memory of Redis while it waits');
    await queue.cancel();
    await queue.close();

    const commands = ['cmdstat_evalsha', 'cmdstat_setbit'];
    const traffic = ['total_net_input_bytes', 'total_net_output_bytes'];
    const before = await info(...commands, ...traffic);
    const seconds = await drain(plan.uri, redis.url);
    const after = await info(...commands, ...traffic);
    const [scripts, bits, received, sent] = after.map((value, i) => (value - before[i]) / SHARDS);
    expect(bits).toBe(1);
    expectAbout(scripts + bits, 'commands that Redis receives');
    expectAbout(received + sent, 'bytes to and from Redis');
    console.info(`${Math.round(IMAGES / seconds)} images/s through the queue`);
  });
});
