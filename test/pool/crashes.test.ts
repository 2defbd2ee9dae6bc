/** What the death of workers costs, for any behavior of the workers. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RefineDetError } from '../../src/errors.ts';
import { startPool } from '../../src/pool/create-pool.ts';
import type { WorkerSetup } from '../../src/pool/pool-worker.ts';
import { type FakeWorker, fakeWorkers, MODEL } from './fake-workers.ts';

const embedded = vi.hoisted(() => ({ embeddedWasm: async () => new Uint8Array(3) }));
vi.mock('../../src/platform/embedded-wasm.ts', () => embedded);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const images = (count: number) => Array.from({ length: count }, (_, i) => `${i}.jpg`);
const imageOf = (call: { argument: unknown }) => (call.argument as { image: string }).image;
const code = (name: string) => ({ code: name });
const warn = () => {};

describe('a worker that dies', () => {
  it('loses its image, and another worker takes its place', async () => {
    const warnings: string[] = [];
    const { workers, start } = fakeWorkers((worker, message) => {
      if (imageOf(message) === '3.jpg') worker.die('exit code 3');
      else worker.answer(message.call);
    });
    const warn = (message: string) => warnings.push(message);
    const pool = await startPool(MODEL, { workers: 2, warn }, start);
    const outcomes = await Promise.allSettled(images(9).map((image) => pool.detect(image)));
    const rejected = outcomes.flatMap(({ status }, i) => (status === 'rejected' ? i : []));
    expect(rejected).toEqual([3]);
    expect(outcomes[3]).toMatchObject({ reason: code('WORKER_CRASHED') });
    expect(warnings).toEqual(['the worker has crashed: exit code 3; another worker is started']);
    expect(workers).toHaveLength(3);
    expect(pool.threads).toBe(2);
    await pool.dispose();
  });

  it('is not replaced after crashes without an answer in between', async () => {
    const warnings: string[] = [];
    const { workers, start } = fakeWorkers((worker) => worker.die('out of luck'));
    const warn = (message: string) => warnings.push(message);
    const pool = await startPool(MODEL, { workers: 1, warn }, start);
    const outcomes = await Promise.allSettled(images(6).map((image) => pool.detect(image)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: code('WORKER_CRASHED') });
    }
    expect(workers).toHaveLength(3);
    expect(warnings.at(-1)).toMatch(/out of luck, 3 times in a row: no other worker is started$/);
    expect([pool.threads, pool.backend]).toEqual([0, 'wasm']);
    await pool.dispose();
  });

  it('is replaced repeatedly if images succeed in between', async () => {
    const { workers, start } = fakeWorkers((worker, message) => {
      if (worker.received.length === 2) worker.die('every second image');
      else worker.answer(message.call);
    });
    const pool = await startPool(MODEL, { workers: 1, warn: () => {} }, start);
    const outcomes = await Promise.allSettled(images(10).map((image) => pool.detect(image)));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5);
    expect(workers.length).toBeGreaterThanOrEqual(5);
    await pool.dispose();
  });

  it('reports nothing of the old worker while another one starts', async () => {
    let begin = () => {};
    const begins = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { workers, start } = fakeWorkers((worker) => worker.die('of old age'));
    const slow = async () => {
      if (workers.length >= 2) await begins;
      return start();
    };
    const pool = await startPool(MODEL, { workers: 2, warn }, slow);
    const state = { backend: 'webgl', compute: 'int8', threads: 3, heapBytes: 500 };
    workers[0].send({ event: 'state', data: state });
    await pause(2);
    const facts = () => [pool.backend, pool.compute, pool.threads, pool.heapBytes];
    expect(facts()).toEqual(['webgl', 'int8', 4, 1500]);
    await expect(pool.detect('a.jpg')).rejects.toMatchObject(code('WORKER_CRASHED'));
    expect(facts()).toEqual(['wasm', 'float32', 1, 1000]);
    begin();
    await pause(5);
    expect(facts()).toEqual(['wasm', 'float32', 2, 2000]);
    await pool.dispose();
  });
});

describe('a stream over a pool', () => {
  it.each([1, 2, 3])('loses the images of %i workers that die together, and goes on', async (n) => {
    const { workers, start } = fakeWorkers((worker, { call }) => {
      if (workers.indexOf(worker) < n) worker.die('all at once');
      else worker.answer(call);
    });
    const pool = await startPool(MODEL, { workers: n, warn }, start);
    const indices: number[] = [];
    for await (const { index } of pool.stream(images(12))) indices.push(index);
    expect(indices).toEqual(images(12).flatMap((_, i) => (i < n ? [] : i)));
    await pool.dispose();
  });

  it('ends when no worker is left', async () => {
    const { start } = fakeWorkers((worker) => worker.die('out of luck'));
    const pool = await startPool(MODEL, { workers: 2, warn }, start);
    const first = pool.stream(images(50)).next();
    await expect(first).rejects.toThrow('3 times in a row: no other worker is started');
    await pool.dispose();
  });

  it('ends with the error of a worker that lives on', async () => {
    const { start } = fakeWorkers((worker, { call }) => {
      const own = { code: 'OUT_OF_MEMORY' as const, details: [] };
      const error = { name: 'RefineDetError', message: 'full', stack: '', own };
      worker.send({ answer: call, error });
    });
    const pool = await startPool(MODEL, { workers: 2, warn }, start);
    await expect(pool.stream(images(5)).next()).rejects.toMatchObject(code('OUT_OF_MEMORY'));
    await pool.dispose();
  });
});

describe('a restart that fails', () => {
  /** A pool of one, whose worker dies at its first image; later starts do what a test needs. */
  async function failing(later: (start: () => FakeWorker, attempt: number) => FakeWorker) {
    const starts: number[] = [];
    const { workers, start } = fakeWorkers((worker, { call }) => {
      if (workers[0] === worker) worker.die('first');
      else worker.answer(call);
    });
    const setup: WorkerSetup['start'] = () => {
      starts.push(performance.now());
      return starts.length === 1 ? start() : later(start as () => FakeWorker, starts.length);
    };
    const pool = await startPool(MODEL, { workers: 1, warn }, setup);
    await expect(pool.detect('a.jpg')).rejects.toThrow('first');
    return { pool, starts };
  }
  const details = ['one', 'two'];
  const cause = new TypeError('no network');
  const fail = () => {
    throw new RefineDetError('FETCH_FAILED', 'cannot fetch', { cause, details });
  };

  it('is repeated after a pause', async () => {
    const { pool, starts } = await failing((start, attempt) => (attempt === 2 ? fail() : start()));
    expect(await pool.detect('b.jpg')).toEqual([]);
    expect(starts).toHaveLength(3);
    expect(starts[1] - starts[0]).toBeLessThan(500);
    expect(starts[2] - starts[1]).toBeGreaterThan(900);
    await pool.dispose();
  });

  it('keeps code, details and cause of the last failure', async () => {
    const { pool } = await failing(fail);
    const error = await pool.detect('b.jpg').catch((thrown) => thrown);
    expect(error.message).toMatch(/^cannot fetch, 3 times in a row/);
    expect(error).toMatchObject({ code: 'FETCH_FAILED', details, cause: { cause } });
    await pool.dispose();
  });

  it('may fail with any error', async () => {
    const foreign = new TypeError('not a constructor');
    const { pool } = await failing(() => {
      throw foreign;
    });
    const error = await pool.detect('b.jpg').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'WORKER_CRASHED', cause: { cause: foreign } });
    await pool.dispose();
  });

  it('is not repeated after dispose', async () => {
    const { pool, starts } = await failing(fail);
    await pool.dispose();
    await pause(1200);
    expect(starts).toHaveLength(2);
    await expect(pool.detect('b.jpg')).rejects.toMatchObject(code('DISPOSED'));
  });
});

describe('dispose during a restart', () => {
  it('resolves when the new worker has ended too', async () => {
    const { workers, start } = fakeWorkers((worker) => worker.die('first'));
    let begin = () => {};
    const begins = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const slow = async () => {
      if (workers.length > 0) await begins;
      return start();
    };
    const pool = await startPool(MODEL, { workers: 1, warn }, slow);
    await expect(pool.detect('a.jpg')).rejects.toThrow('first');
    let isDisposed = false;
    const disposed = pool.dispose().then(() => {
      isDisposed = true;
    });
    await pause(10);
    expect(isDisposed).toBe(false);
    begin();
    await disposed;
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true]);
  });
});

describe("tfjs' wasm binary that cannot be loaded", () => {
  const { embeddedWasm } = embedded;
  afterEach(() => {
    embedded.embeddedWasm = embeddedWasm;
  });

  it('is an error in the worker that asked for it, and the worker lives on', async () => {
    embedded.embeddedWasm = async () => {
      throw new TypeError('offline');
    };
    const { workers, start } = fakeWorkers((worker, { call, method }) => {
      if (method === 'detect' && worker.received.length === 1) {
        worker.send({ event: 'binary', data: false });
      }
      worker.answer(call);
    });
    const pool = await startPool(MODEL, { workers: 1, warn }, start);
    expect(await pool.detect('a.jpg')).toEqual([]);
    await pause(10);
    const error = {
      own: { code: 'FETCH_FAILED' },
      message: "tfjs' wasm binary cannot be loaded: offline",
      cause: { name: 'TypeError' },
    };
    const [{ received }] = workers;
    expect(received[1]).toMatchObject({ method: 'binary', argument: { error } });
    expect(await pool.detect('b.jpg')).toEqual([]);
    expect(workers).toHaveLength(1);
    embedded.embeddedWasm = embeddedWasm;
    workers[0].send({ event: 'binary', data: true });
    await pause(10);
    expect(received[3]).toMatchObject({ argument: { binary: new Uint8Array(3) } });
    await pool.dispose();
  });
});
