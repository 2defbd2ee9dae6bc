/** Behavior of a pool for any behavior of its workers. */
import { describe, expect, it } from 'vitest';
import { RefineDetError } from '../../src/errors.ts';
import { startPool } from '../../src/pool/create-pool.ts';
import { packError } from '../../src/remote/sent-error.ts';
import { createWorkerDetector } from '../../src/worker/index.ts';
import { type FakeWorker, fakeWorkers, MODEL } from './fake-workers.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const images = (count: number) => Array.from({ length: count }, (_, i) => `${i}.jpg`);
const imageOf = (call: { argument: unknown }) => (call.argument as { image: string }).image;
const code = (name: string) => ({ code: name });

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** An image that reports when it is packed. */
function packingImage(packed: () => void): URL {
  const url = new URL('file:///image.jpg');
  url.toString = () => {
    packed();
    return 'image.jpg';
  };
  return url;
}

describe('back-pressure', () => {
  it.each(['detect', 'detectBatch', 'stream'] as const)(
    'packs one image more than there are workers, one in each (%s)',
    async (way) => {
      let packed = 0;
      let most = 0;
      let mostInWorker = 0;
      const underWay = new Map<FakeWorker, number>();
      const { start } = fakeWorkers(async (worker, { call }) => {
        underWay.set(worker, (underWay.get(worker) ?? 0) + 1);
        mostInWorker = Math.max(mostInWorker, underWay.get(worker)!);
        await pause(2);
        underWay.set(worker, underWay.get(worker)! - 1);
        packed--;
        worker.answer(call);
      });
      const pool = await startPool(MODEL, { workers: 2 }, start);
      const many = Array.from({ length: 20 }, () =>
        packingImage(() => {
          most = Math.max(most, ++packed);
        }),
      );
      if (way === 'detectBatch') await pool.detectBatch(many);
      else if (way === 'detect') await Promise.all(many.map((image) => pool.detect(image)));
      else for await (const _ of pool.stream(many));
      expect([most, mostInWorker]).toEqual([3, 1]);
      expect(pool.concurrency).toBe(most);
      await pool.dispose();
    },
  );

  it('keeps both workers busy during one slow image, and keeps the order', async () => {
    const seen: [worker: number, image: string][] = [];
    const { workers, start } = fakeWorkers(async (worker, message) => {
      const image = imageOf(message);
      seen.push([workers.indexOf(worker), image]);
      if (image === '0.jpg') await pause(100);
      const detections = [{ score: Number.parseInt(image, 10) }];
      worker.send({ answer: message.call, result: { detections, timings: {} } });
    });
    const pool = await startPool(MODEL, { workers: 2 }, start);
    const found = await pool.detectBatch(images(8));
    expect(found.map(([{ score }]) => score)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const slow = seen.find(([, image]) => image === '0.jpg')![0];
    expect(seen.filter(([worker]) => worker === slow)).toHaveLength(1);
    await pool.dispose();
  });
});

describe('a request', () => {
  it('with wrong options fails before anything is sent, and the pool goes on', async () => {
    const { workers, start } = fakeWorkers((worker, { call }) => worker.answer(call));
    const pool = await startPool(MODEL, { workers: 1 }, start);
    for (const wrong of [{ signal: 4 }, { scoreThreshold: 7 }, { onTimings: 4 }] as object[]) {
      await expect(pool.detect('a.jpg', wrong)).rejects.toMatchObject(code('INVALID_OPTION'));
      await expect(pool.detectBatch([], wrong)).rejects.toMatchObject(code('INVALID_OPTION'));
    }
    await pool.detect('a.jpg');
    expect(workers[0].received).toHaveLength(1);
    await pool.dispose();
  });

  it('with a part of a buffer sends this part only', async () => {
    const sent: Uint8Array[] = [];
    const { start } = fakeWorkers((worker, message) => {
      sent.push((message.argument as { image: Uint8Array }).image);
      worker.answer(message.call);
    });
    const pool = await startPool(MODEL, { workers: 1 }, start);
    const large = new Uint8Array(1000).fill(7);
    await pool.detect(large.subarray(10, 13));
    await pool.detect(large);
    expect(sent.map(({ buffer }) => buffer.byteLength)).toEqual([3, 1000]);
    expect(large.byteLength).toBe(1000); // the caller keeps it
    await pool.dispose();
  });
});

describe('a failure', () => {
  it('of one image of a batch is its result when the batch goes on', async () => {
    const { start } = fakeWorkers((worker, message) => {
      if (imageOf(message) !== '1.jpg') return worker.answer(message.call);
      const error = packError(new RefineDetError('IMAGE_FORMAT', 'not an image'));
      worker.send({ answer: message.call, error });
    });
    const pool = await startPool(MODEL, { workers: 2 }, start);
    const found = await pool.detectBatch(images(4), { onError: 'return' });
    expect(found).toEqual([[], expect.objectContaining(code('IMAGE_FORMAT')), [], []]);
    expect(found[1]).toBeInstanceOf(RefineDetError);
    const wrong = { onError: 'skip' } as never;
    await expect(pool.detectBatch([], wrong)).rejects.toMatchObject(code('INVALID_OPTION'));
    await pool.dispose();
  });

  it('of one image of a batch rejects it, and no other image begins', async () => {
    const seen: string[] = [];
    const { start } = fakeWorkers((worker, message) => {
      seen.push(imageOf(message));
      if (imageOf(message) !== '1.jpg') worker.answer(message.call);
      else {
        const error = packError(new RefineDetError('IMAGE_FORMAT', 'not an image'));
        worker.send({ answer: message.call, error });
      }
    });
    const pool = await startPool(MODEL, { workers: 1 }, start);
    await expect(pool.detectBatch(images(50))).rejects.toMatchObject(code('IMAGE_FORMAT'));
    await pause(20);
    expect(seen.length).toBeLessThan(6);
    expect(await pool.detect('a.jpg')).toEqual([]);
    await pool.dispose();
  });
});

describe('an abort', () => {
  it('rejects at once, cancels in the worker, and keeps the worker until it has answered', async () => {
    const { workers, start } = fakeWorkers(() => {});
    const pool = await startPool(MODEL, { workers: 1 }, start);
    const aborting = new AbortController();
    const { signal } = aborting;
    const calls = images(4).map((image) => pool.detect(image, { signal }));
    const outcomes = Promise.allSettled(calls);
    const other = pool.detect('other.jpg');
    await pause(5);
    aborting.abort('enough');
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'ABORTED', cause: 'enough' } });
    }
    const [{ received }] = workers;
    const { call } = received[0] as { call: number };
    expect(received.slice(1)).toEqual([{ cancel: call }]);
    workers[0].answer(call);
    await pause(10);
    expect(received.slice(2)).toMatchObject([{ argument: { image: 'other.jpg' } }]);
    workers[0].answer((received[2] as { call: number }).call);
    expect(await other).toEqual([]);
    await expect(pool.detectBatch(['a.jpg'], { signal })).rejects.toMatchObject(code('ABORTED'));
    await pool.dispose();
  });

  it('of a request that waits gives its turn to another one at once', async () => {
    const { start } = fakeWorkers(() => {}); // answers nothing
    const pool = await startPool(MODEL, { workers: 1 }, start);
    const aborting = new AbortController();
    const { signal } = aborting;
    const packed: number[] = [];
    const detect = (i: number, options = {}) =>
      pool.detect(
        packingImage(() => packed.push(i)),
        options,
      );
    // One in the worker, one packed that waits for it, one that waits for its turn.
    const calls = [detect(0), detect(1, { signal }), detect(2, { signal }), detect(3), detect(4)];
    const outcomes = Promise.allSettled(calls);
    await pause(5);
    expect(packed).toEqual([0, 1]);
    aborting.abort();
    await pause(5);
    expect(packed).toEqual([0, 1, 3]);
    await pool.dispose();
    const codes = (await outcomes).map((outcome) => 'reason' in outcome && outcome.reason.code);
    expect(codes).toEqual(['DISPOSED', 'ABORTED', 'ABORTED', 'DISPOSED', 'DISPOSED']);
  });

  it('of loading ends the workers', async () => {
    const aborting = new AbortController();
    const { workers, start } = fakeWorkers(() => {});
    const silent = async () => Object.assign(await start(), { post: () => {} });
    const pool = startPool(MODEL, { workers: 2, signal: aborting.signal }, silent);
    setTimeout(() => aborting.abort(), 5);
    await expect(pool).rejects.toMatchObject(code('ABORTED'));
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, true]);
  });
});

describe('a pool', () => {
  it('gives its threads the weights without copying them', async () => {
    const { workers, start } = fakeWorkers(() => {});
    const pool = await startPool(MODEL, { workers: 2 }, start);
    const sources = workers.map(({ loaded }) => (loaded as { source: typeof MODEL }).source);
    for (const [name, { data }] of MODEL.weights) {
      const [first, second] = sources.map(({ weights }) => weights.get(name)!.data);
      expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(second.buffer).toBe(first.buffer);
      expect(Buffer.compare(bytesOf(first), bytesOf(data))).toBe(0);
    }
    await pool.dispose();
  });

  it('rejects running and waiting images when it is disposed', async () => {
    const { workers, start } = fakeWorkers(() => {});
    const pool = await startPool(MODEL, { workers: 1 }, start);
    const outcomes = Promise.allSettled(images(4).map((image) => pool.detect(image)));
    await pause(5);
    await pool.dispose();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: code('DISPOSED') });
    }
    expect(workers[0].terminated).toBe(true);
    await expect(pool.detect('a.jpg')).rejects.toMatchObject(code('DISPOSED'));
    await expect(pool.detectBatch([])).rejects.toMatchObject(code('DISPOSED'));
    expect(() => pool.stream([])).toThrow('disposed');
  });

  it('has one worker per core with one thread each by default', async () => {
    const { availableParallelism } = await import('node:os');
    const sizes = async (options: object) => {
      const { workers, start } = fakeWorkers(() => {});
      const pool = await startPool(MODEL, options, start);
      await pool.dispose();
      const { options: sent } = workers[0].loaded as { options: { threads: unknown } };
      return [workers.length, sent.threads];
    };
    const cores = availableParallelism();
    expect(await sizes({})).toEqual([cores, cores > 1 ? 1 : 'auto']);
    expect(await sizes({ workers: 1 })).toEqual([1, 'auto']);
    expect(await sizes({ workers: 3, threads: 2 })).toEqual([3, 2]);
  });

  it('refuses wrong options, naming the value, before it starts a worker', async () => {
    const wrong: [options: unknown, message: string][] = [
      [{ thread: 2 }, 'unknown option "thread" (did you mean "threads"?)'],
      [{ gpu: [] }, 'unknown option "gpu"'],
      [null, 'options must be an object, not null'],
      [{ worker: 4 }, 'worker must be a function, not 4'],
      [{ backend: {} }, 'not {}'],
      [{ wasm: () => {} }, 'wasm must be a URL'],
      [{ inputSize: 100 }, 'not 100'],
      ...[0, 1.5, 257, 'many'].map((workers): [object, string] => [
        { workers },
        `workers must be "auto" or a whole number from 1 to 256, not ${JSON.stringify(workers)}`,
      ]),
    ];
    const start = () => expect.unreachable();
    for (const [options, message] of wrong) {
      const expected = { code: 'INVALID_OPTION', message: expect.stringContaining(message) };
      await expect(startPool(MODEL, options as object, start)).rejects.toMatchObject(expected);
      if (message.includes('"auto"')) continue; // a pool of one has no such option
      await expect(createWorkerDetector(MODEL, options as object)).rejects.toMatchObject(expected);
    }
    await expect(createWorkerDetector(MODEL, { workers: 1 } as object)).rejects.toThrow(
      '"workers"',
    );
  });
});
