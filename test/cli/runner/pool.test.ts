import { afterEach, describe, expect, it } from 'vitest';
import { WorkerPool } from '../../../src/cli/runner/pool.ts';
import type { RunnerSetup } from '../../../src/cli/runner/runner.ts';
import type { Model } from '../../../src/model/model.ts';

const FAKE = new URL('fake-worker.mjs', import.meta.url);
const weights = new Map([['w', { shape: [1], data: Float32Array.of(7) }]]);
const SETUP: RunnerSetup = { model: { weights } as unknown as Model, threads: 1, detect: {} };

let pool: WorkerPool;
const start = async (size: number, setup = SETUP) => {
  pool = await WorkerPool.start(setup, size, FAKE);
  return pool;
};
const job = (file: string) => ({ file, bytes: new Uint8Array(5) });

afterEach(() => pool?.close());

describe('WorkerPool', () => {
  it('gives workers the image, and the weights without copying them', async () => {
    await start(1);
    expect(await pool.run(job('a'))).toEqual({ width: 5, height: 7, detections: [] });
  });

  it('does more jobs than it has workers', async () => {
    await start(2);
    const files = ['slow', 'a', 'b', 'slow', 'c', 'd', 'e'];
    const findings = await Promise.all(files.map((file) => pool.run(job(file))));
    expect(findings.map(({ width }) => width)).toEqual(files.map(() => 5));
  });

  it.each([
    ['throw', 'a worker died while it looked at throw: out of luck'],
    ['exit', 'a worker died while it looked at exit: exit code 3'],
  ])('loses only the image at which a worker dies (%s)', async (file, message) => {
    await start(1);
    const jobs = ['a', file, 'b', file, 'c'].map((name) => pool.run(job(name)));
    const outcomes = await Promise.allSettled(jobs);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'UNEXPECTED', message } });
  });

  it('passes on what a worker could not do, with its code', async () => {
    await start(1);
    await expect(pool.run(job('bad'))).rejects.toMatchObject({
      name: 'RefineDetError',
      code: 'IMAGE_FORMAT',
      message: 'not an image',
    });
  });

  it('does not start when the detector cannot be loaded', async () => {
    await expect(start(2, { ...SETUP, threads: 9 })).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
    });
  });

  it('rejects what is under way and what waits when it is closed', async () => {
    await start(1);
    const jobs = [pool.run(job('hang')), pool.run(job('a'))];
    const outcomes = Promise.allSettled(jobs);
    await pool.close();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
    }
  });
});
