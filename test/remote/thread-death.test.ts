/** Deaths of real worker threads. */
import { describe, expect, it } from 'vitest';
import { Channel, WorkerDeath } from '../../src/remote/channel.ts';
import { startSourceWorker } from '../../support/node-workers.ts';

describe('the error of a thread that has died', { timeout: 60_000 }, () => {
  it.each([
    ['throwError', 'WORKER_CRASHED', 'gone', { name: 'TypeError', code: 'ENOENT' }],
    ['throwText', 'WORKER_CRASHED', 'only a text', {}],
    ['exit', 'WORKER_CRASHED', 'exit code 3', undefined],
    ['fillHeap', 'OUT_OF_MEMORY', '', { code: 'ERR_WORKER_OUT_OF_MEMORY' }],
  ])('has the reason and its cause: %s', async (method, code, reason, cause) => {
    const channel = new Channel(startSourceWorker('../test/remote/dying-worker'));
    const error: unknown = await channel.call(method).catch((thrown) => thrown);
    if (!(error instanceof WorkerDeath)) return expect.unreachable();
    expect(error).toMatchObject({ name: 'RefineDetError', code });
    expect(error.message).toContain(`the worker has crashed: ${reason}`);
    if (cause) expect(error.cause).toMatchObject(cause);
    else expect(error.cause).toBe(undefined);
  });
});
