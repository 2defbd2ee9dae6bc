import { describe, expect, it } from 'vitest';
import { Queue } from '../../src/detection/queue.ts';

const tick = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

describe('a queue', () => {
  it.each([1, 2, 3])('runs jobs in the order of the calls, %i at a time', async (limit) => {
    const queue = new Queue(limit);
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const jobs = [0, 1, 2, 3, 4, 5].map((i) =>
      queue.run(async () => {
        started.push(i);
        most = Math.max(most, ++running);
        await tick();
        running--;
        return 10 * i;
      }),
    );
    expect(await Promise.all(jobs)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(started).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(limit);
  });

  it('lets jobs leave that are aborted while they wait, and starts only the others', async () => {
    const queue = new Queue(1);
    const started: string[] = [];
    const aborting = new AbortController();
    let finish = () => {};
    const job = (name: string) => async () => void started.push(name);
    const first = queue.run(() => new Promise<void>((resolve) => (finish = resolve)));
    const leaving = [1, 2, 3].map((i) => queue.run(job(`${i}`), aborting.signal));
    const outcomes = Promise.allSettled(leaving);
    const last = queue.run(job('last'));
    aborting.abort();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'ABORTED' } }); // while the first still runs
    }
    finish();
    await Promise.all([first, last]);
    expect(started).toEqual(['last']);
  });

  it('passes on the turn of a job that is aborted in the moment of its turn', async () => {
    const microtasks = async (count: number) => {
      for (let i = 0; i < count; i++) await undefined;
    };
    for (let moment = 0; moment < 16; moment++) {
      const queue = new Queue(1);
      const aborting = new AbortController();
      const first = queue.run(() => microtasks(5));
      const leaving = queue.run(async () => 'started', aborting.signal);
      const last = queue.run(async () => 'last');
      const abort = microtasks(moment).then(() => aborting.abort());
      await Promise.allSettled([first, leaving, abort]);
      const outcome = await Promise.race([last, tick().then(() => `never: ${moment}`)]);
      expect(outcome).toBe('last');
    }
  });

  it('continues after a job that fails', async () => {
    const queue = new Queue(1);
    const failing = queue.run(() => Promise.reject(new Error('broken')));
    const next = queue.run(async () => 'done');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
