/** The queue on a real redis-server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefineDetError } from '../../src/errors.ts';
import type { Journal } from '../../src/fleet/journal.ts';
import { RedisQueue, type RedisQueueOptions } from '../../src/fleet/redis-queue.ts';
import type { Process, Task } from '../../src/fleet/task-queue.ts';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis.ts';
import { temporaryFolder } from '../cli/helpers.ts';
import { collect } from './helpers.ts';

const { folder, remove } = temporaryFolder();
let redis: RedisServer;
beforeAll(async () => {
  if (hasRedis) redis = await startRedis(folder);
});
afterAll(async () => {
  await redis?.stop();
  remove();
});

let runs = 0;
const open = (total: number, options: Partial<RedisQueueOptions> = {}) =>
  RedisQueue.open<Task>({ url: redis.url, run: `run${++runs}`, total, ...options });

async function* tasks(count: number): AsyncGenerator<Task> {
  for (let index = 0; index < count; index++) yield { index };
}

const concurrency = 2;

describe.skipIf(!hasRedis)('RedisQueue', () => {
  it('carries out every task once, also when they are added twice', async () => {
    const queue = await open(1200);
    await queue.add(tasks(1200));
    await queue.add(tasks(1200));
    expect(await queue.status()).toMatchObject({ total: 1200, done: 0, waiting: 1200 });
    const done: number[] = [];
    const failed = await queue.work(async ({ index }) => void done.push(index), { concurrency });
    expect(failed).toEqual([]);
    expect(done.toSorted((a, b) => a - b)).toEqual([...Array(1200).keys()]);
    expect(await queue.status()).toMatchObject({ done: 1200, waiting: 0, active: 0, failed: 0 });
    await queue.close();
  });

  it('tries a failing task four times in all, with growing pauses; retry lets it wait again', async () => {
    const queue = await open(2);
    await queue.add(tasks(2));
    const attempts: number[] = [];
    const process: Process<Task> = async ({ index }) => {
      if (index === 0) return;
      attempts.push(performance.now());
      throw new RefineDetError('OUT_OF_MEMORY', 'memory has run out');
    };
    expect(await queue.work(process, { concurrency })).toEqual([
      { index: 1, reason: 'memory has run out' },
    ]);
    const pauses = attempts.slice(1).map((time, i) => time - attempts[i]);
    expect(pauses).toHaveLength(3);
    for (const [i, least] of [900, 1900, 3900].entries()) expect(pauses[i]).toBeGreaterThan(least);
    expect(await collect(queue.failed())).toEqual([{ index: 1, reason: 'memory has run out' }]);
    expect(await queue.retry()).toBe(1);
    expect(await queue.work(async () => {}, { concurrency })).toEqual([]);
    expect(await queue.status()).toMatchObject({ done: 2, failed: 0 });
    await queue.close();
  });

  it('gives a task back when its worker is stopped', async () => {
    const queue = await open(1);
    await queue.add(tasks(1));
    const [stop, abort] = [new AbortController(), new AbortController()];
    const process: Process<Task> = (_task, _journal, signal) =>
      new Promise((_, reject) => {
        signal!.addEventListener('abort', () => reject(new RefineDetError('ABORTED', 'aborted')));
        stop.abort();
        setTimeout(() => abort.abort(), 50);
      });
    const signals = { stop: stop.signal, abort: abort.signal };
    expect(await queue.work(process, { concurrency, ...signals })).toEqual([]);
    expect(await queue.status()).toMatchObject({ done: 0, waiting: 1, active: 0, failed: 0 });
    const careful: boolean[] = [];
    const second = async (_task: Task, journal: Journal) => void careful.push(journal.isCareful);
    await queue.work(second, { concurrency });
    expect(careful).toEqual([false]);
    await queue.close();
  });

  it('keeps a task that takes longer than its lock, because this thread is free', async () => {
    const queue = await open(1, { lock: 400 });
    await queue.add(tasks(1));
    let starts = 0;
    const process = async () => {
      starts++;
      await sleep(2000);
    };
    await queue.work(process, { concurrency });
    expect(starts).toBe(1);
    await queue.close();
  });

  it('continues when Redis is stopped and started', async () => {
    const warnings: string[] = [];
    const queue = await open(40, { warn: (message) => warnings.push(message) });
    await queue.add(tasks(40));
    const done = new Set<number>();
    const process: Process<Task> = async ({ index }) => {
      await sleep(20);
      done.add(index);
      if (done.size === 10) {
        await redis.stop();
        void sleep(500).then(redis.start);
      }
    };
    expect(await queue.work(process, { concurrency })).toEqual([]);
    expect(done.size).toBe(40);
    expect(warnings[0]).toMatch(/^the connection to redis:.* is lost: waiting for it$/);
    await queue.close();
  });

  it('ends workers and empties the queue when it is canceled; the run can be added again', async () => {
    const queue = await open(100);
    await queue.add(tasks(100));
    const working = queue.work(() => sleep(100), { concurrency });
    await sleep(300);
    await queue.cancel();
    expect(await working).toEqual([]);
    expect(await queue.status()).toMatchObject({ waiting: 0, active: 0, canceled: true });
    await queue.revive();
    await queue.setDone([0, 1, 2, 99]);
    expect(await queue.status()).toMatchObject({ done: 4, canceled: false });
    await queue.add(tasks(99));
    await queue.work(async () => {}, { concurrency });
    expect(await queue.status()).toMatchObject({ done: 100 });
    await queue.close();
  });

  it('refuses workers that compute otherwise', async () => {
    const queue = await open(1);
    await queue.join('plain SIMD');
    await queue.join('plain SIMD');
    await expect(queue.join('relaxed SIMD')).rejects.toMatchObject({ code: 'FLEET_MISMATCH' });
    await queue.close();
  });

  it('says that a server cannot be reached, without its password', async () => {
    const url = 'redis://user:secret@127.0.0.1:1';
    await expect(open(1, { url })).rejects.toMatchObject({
      code: 'QUEUE_UNAVAILABLE',
      message: expect.stringMatching(
        /^the queue at redis:\/\/user:\*\*\*@127\.0\.0\.1:1 cannot be reached: .*REFUSED/,
      ),
    });
  });
});
