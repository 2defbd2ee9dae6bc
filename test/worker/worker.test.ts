import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefineDet, writeModel } from '../../src/index.ts';
import { createPool } from '../../src/pool/index.ts';
import { createWorkerDetector, type WorkerDetector } from '../../src/worker/index.ts';
import { type Port, serve } from '../../src/worker/serve.ts';
import { randomModel } from '../../support/models/random-model.ts';

const CAT = fileURLToPath(new URL('../../examples/cat.jpg', import.meta.url));
const OPTIONS = { scoreThreshold: 0.05 };

/** A worker on this thread: the same messages, cloned the same way. */
function sameThreadWorker() {
  const { port1, port2 } = new MessageChannel();
  serve({}, port2 as unknown as Port);
  port1.start();
  return Object.assign(port1, { terminate: () => port1.close() }) as never;
}

let detector: WorkerDetector;
let plain: RefineDet;
beforeAll(async () => {
  const model = await writeModel(randomModel());
  plain = await RefineDet.load(model, { threads: 1 });
  detector = await createWorkerDetector(model, { threads: 1, worker: sameThreadWorker });
});
afterAll(() => {
  detector.dispose();
  plain.dispose();
});

describe('createWorkerDetector', () => {
  it('answers as a detector does', async () => {
    const expected = await plain.detect(CAT, OPTIONS);
    expect(await detector.detect(CAT, OPTIONS)).toEqual(expected);
    const bytes = readFileSync(CAT);
    expect(await detector.detectBatch([bytes, CAT], OPTIONS)).toEqual([expected, expected]);
    expect(bytes.length).toBeGreaterThan(0);
    expect(detector.config).toEqual(plain.config);
    expect([detector.backend, detector.threads]).toEqual(['wasm', 1]);
    expect([detector.concurrency, plain.concurrency]).toEqual([2, 2]);
    expect(detector.heapBytes).toBe(plain.heapBytes);
    expect(detector.heapBytes).toBeGreaterThan(1e6);
    expect(detector.anchors()).toEqual(plain.anchors());
    expect(detector.anchors(128)).toEqual(plain.anchors(128));
  });

  it.each([
    ['createWorkerDetector', createWorkerDetector],
    ['createPool', createPool],
  ])('%s loads a model of the package by its name', async (_, start) => {
    const options = { threads: 1, worker: sameThreadWorker, warmUp: false } as const;
    const named = await start('nano', { ...options, ...(start === createPool && { workers: 1 }) });
    expect(named.config.preset).toBe('refinedet192-nano');
    await named.dispose();
  });

  it('streams', async () => {
    const expected = await plain.detect(CAT, OPTIONS);
    const indices: number[] = [];
    for await (const { index, detections } of detector.stream([CAT, CAT, CAT], OPTIONS)) {
      indices.push(index);
      expect(detections).toEqual(expected);
    }
    expect(indices).toEqual([0, 1, 2]);
  });

  it('forwards timings and errors with their codes', async () => {
    let network = 0;
    await detector.detect(CAT, { onTimings: (timings) => (network = timings.network) });
    expect(network).toBeGreaterThan(0);
    await expect(detector.detect('/no/such.jpg')).rejects.toMatchObject({
      name: 'RefineDetError',
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('/no/such.jpg'),
    });
    await expect(
      createWorkerDetector(new Uint8Array(9), { worker: sameThreadWorker }),
    ).rejects.toMatchObject({ code: 'MODEL_FORMAT' });
  });

  it('cancels before and during a detection', async () => {
    const aborted = AbortSignal.abort();
    await expect(detector.detect(CAT, { signal: aborted })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    const aborting = new AbortController();
    const slow = detector.detect(CAT, { multiScale: true, signal: aborting.signal });
    setTimeout(() => aborting.abort(), 30);
    await expect(slow).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await detector.detect(CAT, OPTIONS)).toEqual(await plain.detect(CAT, OPTIONS));
  });

  it('refuses work after dispose', async () => {
    const model = await writeModel(randomModel());
    const other = await createWorkerDetector(model, { threads: 1, worker: sameThreadWorker });
    const underWay = other.detect(CAT);
    other.dispose();
    await expect(underWay).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(other.detect(CAT)).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(() => other.stream([])).toThrow('disposed');
  });
});
