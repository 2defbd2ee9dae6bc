import { describe, expect, it } from 'vitest';
import { Queue } from '../../src/detection/queue.ts';

const tick = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

describe('a queue', () => {
  it.each([1, 2, 3])('runs jobs in the order of the calls, %i at a time', async (lanes) => {
    const queue = new Queue(lanes);
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
    expect(most).toBe(lanes);
  });

  it('continues after a job that fails', async () => {
    const queue = new Queue(1);
    const failing = queue.run(() => Promise.reject(new Error('broken')));
    const next = queue.run(async () => 'done');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
