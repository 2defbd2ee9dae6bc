/** Queue, time limits, clients that leave, and the end. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { abortError, RefineDetError } from '../../src/errors.ts';
import type { ImageFinding } from '../../src/runner/detect-image.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { handlerOf } from '../../src/serve/handler.ts';
import type { LogEntry } from '../../src/serve/index.ts';
import { closeServer, nodeServer } from '../../src/serve/node-server.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { form, IMAGE, jsonOf, post, SERVER } from './requests.ts';

const { config } = randomModel(64);
const FOUND: ImageFinding = { width: 1, height: 1, detections: [] };

/** A runner of two at a time that ends its jobs when the test says so, or when they are aborted. */
function heldRunner() {
  const jobs: { finish: (error?: unknown) => void; signal?: AbortSignal }[] = [];
  const detector = { config, classes: config.classes, concurrency: 2, heapBytes: 0 };
  const run: Runner['run'] = (_job, signal) =>
    new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(abortError(signal)));
      const finish = (error?: unknown) => (error ? reject(error) : resolve(FOUND));
      jobs.push({ finish, signal });
    });
  return { jobs, runner: { detector, run } as unknown as Runner };
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe('a server under load', () => {
  it('answers 503 with Retry-After when the queue is full, and recovers at once', async () => {
    const { jobs, runner } = heldRunner();
    const handle = handlerOf(runner, { queue: 3 });
    const accepted = Array.from({ length: 5 }, () => handle(post('/v1/detect', IMAGE)));
    await until(() => jobs.length === 5);
    const refused = await handle(post('/v1/detect', IMAGE));
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await jsonOf(refused)).toMatchObject({ code: 'OVERLOADED' });
    const metrics = await (await handle(new Request(`${SERVER}/metrics`))).text();
    expect(metrics).toContain('refinedet_passes_pending 5');
    for (const { finish } of jobs) finish();
    expect((await Promise.all(accepted)).map(({ status }) => status)).toEqual(Array(5).fill(200));
    const next = handle(post('/v1/detect', IMAGE));
    await until(() => jobs.length === 6);
    jobs[5].finish();
    expect((await next).status).toBe(200);
  });

  it('cancels the detection at the time limit', async () => {
    const { jobs, runner } = heldRunner();
    const handle = handlerOf(runner, { timeout: 30 });
    const answer = await handle(post('/v1/detect', IMAGE));
    expect(answer.status).toBe(503);
    expect(await jsonOf(answer)).toMatchObject({
      code: 'TIMEOUT',
      detail: 'the request took longer than 0.03 s',
    });
    expect(jobs[0].signal?.aborted).toBe(true);
  });

  it('cancels the detection when the client leaves', async () => {
    const { jobs, runner } = heldRunner();
    const log: LogEntry[] = [];
    const handle = handlerOf(runner, { log: (entry) => log.push(entry) });
    const client = new AbortController();
    const request = new Request(`${SERVER}/v1/detect`, {
      ...{ method: 'POST', body: IMAGE, signal: client.signal },
    });
    const answer = handle(request);
    await until(() => jobs.length === 1);
    client.abort();
    await answer;
    expect(jobs[0].signal?.aborted).toBe(true);
    expect(log).toMatchObject([{ status: 499, code: 'ABORTED' }]);
  });

  it('answers 500 with a code when a worker dies, and hides foreign errors', async () => {
    const { jobs, runner } = heldRunner();
    const log: LogEntry[] = [];
    const handle = handlerOf(runner, { log: (entry) => log.push(entry) });
    const answers = [handle(post('/v1/detect', IMAGE)), handle(post('/v1/detect', IMAGE))];
    await until(() => jobs.length === 2);
    jobs[0].finish(new RefineDetError('WORKER_CRASHED', 'the worker has crashed'));
    jobs[1].finish(new TypeError('secret of the inside'));
    const [crashed, foreign] = await Promise.all(answers);
    expect(await jsonOf(crashed)).toMatchObject({ status: 500, code: 'WORKER_CRASHED' });
    const text = await foreign.text();
    expect(JSON.parse(text)).toMatchObject({ status: 500, code: 'UNEXPECTED' });
    expect(text).not.toMatch(/secret|stack|\.ts/);
    expect(log.find(({ code }) => code === 'UNEXPECTED')?.error).toContain('secret of the inside');
  });

  it('loses one image of a batch with its worker, and waits for the others', async () => {
    const { jobs, runner } = heldRunner();
    const handle = handlerOf(runner);
    const answer = handle(post('/v1/detect/batch', form([IMAGE, IMAGE, IMAGE])));
    await until(() => jobs.length === 3);
    jobs[1].finish(new RefineDetError('WORKER_CRASHED', 'the worker has crashed'));
    const pending = async () => (await handle(new Request(`${SERVER}/metrics`))).text();
    expect(await pending()).toContain('refinedet_passes_pending 3');
    for (const { finish } of jobs) finish();
    expect(await jsonOf(await answer)).toMatchObject({
      results: [{ width: 1 }, { error: { code: 'WORKER_CRASHED', status: 500 } }, { width: 1 }],
    });
    expect(await pending()).toContain('refinedet_passes_pending 0');
  });

  it('cancels the rest of a batch that fails', async () => {
    const { jobs, runner } = heldRunner();
    const answer = handlerOf(runner)(post('/v1/detect/batch', form([IMAGE, IMAGE])));
    await until(() => jobs.length === 2);
    jobs[0].finish(new RefineDetError('DISPOSED', 'the detector has been disposed'));
    expect(await jsonOf(await answer)).toMatchObject({ code: 'DISPOSED', status: 500 });
    expect(jobs[1].signal?.aborted).toBe(true);
  });

  it('is neither ready nor healthy without workers', async () => {
    const { runner } = heldRunner();
    Object.assign(runner.detector, { backend: 'wasm', threads: 0 });
    const handle = handlerOf(runner);
    const statuses = ['/healthz', '/readyz'].map(async (path) => {
      return (await handle(new Request(SERVER + path))).status;
    });
    expect(await Promise.all(statuses)).toEqual([503, 503]);
  });

  it('counts bodies in memory, whatever their length says', async () => {
    const { jobs, runner } = heldRunner();
    const handle = handlerOf(runner, { maxBody: IMAGE.length, queue: 1000 });
    // Sixteen bodies of the largest size are allowed.
    const accepted = Array.from({ length: 16 }, () => handle(post('/v1/detect', IMAGE)));
    await until(() => jobs.length === 16);
    const refused = await handle(post('/v1/detect', IMAGE));
    expect(await jsonOf(refused)).toMatchObject({ code: 'OVERLOADED', status: 503 });
    for (const { finish } of jobs) finish();
    await Promise.all(accepted);
    const next = handle(post('/v1/detect', IMAGE));
    await until(() => jobs.length === 17);
    jobs[16].finish();
    expect((await next).status).toBe(200);
  });

  it('ends after the requests under way, though clients keep their connections busy', async () => {
    const { jobs, runner } = heldRunner();
    const stopping = new AbortController();
    const server = nodeServer(handlerOf(runner, { signal: stopping.signal }), {
      requestTimeout: 10_000,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/detect`;
    const ask = () => fetch(url, { method: 'POST', body: IMAGE });
    const first = ask();
    await until(() => jobs.length === 1);
    stopping.abort();
    const closed = closeServer(server, 10_000);
    const start = performance.now();
    jobs[0].finish();
    expect((await first).headers.get('connection')).toBe('close');
    await closed;
    expect(performance.now() - start).toBeLessThan(2000);
    await expect(ask()).rejects.toThrow();
  });
});
