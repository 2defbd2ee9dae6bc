/** A thread of the server is killed while eight clients ask. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { startPool } from '../../src/pool/create-pool.ts';
import type { DetectorPool } from '../../src/pool/detector-pool.ts';
import { startThreadWorker } from '../../src/remote/node-wire.ts';
import type { WorkerWire } from '../../src/remote/wire.ts';
import { poolRunner } from '../../src/runner/runner.ts';
import { handlerOf } from '../../src/serve/handler.ts';
import { closeServer, nodeServer } from '../../src/serve/node-server.ts';
import { loadServer } from '../../support/http-load.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { startSourceWorker } from '../../support/node-workers.ts';
import { IMAGE } from './requests.ts';

const BUILT = new URL('../../dist/runner/image-worker.js', import.meta.url).href;
const isBuilt = existsSync(new URL(BUILT));

let pool: DetectorPool;
afterAll(() => pool?.dispose());

it('loses the request of a killed worker only, and replaces the worker', async () => {
  const workers: WorkerWire[] = [];
  const start = () => {
    const worker = isBuilt
      ? startThreadWorker('image-worker', BUILT, [])
      : startSourceWorker('runner/image-worker');
    workers.push(worker);
    return worker;
  };
  const begin = performance.now();
  pool = await startPool(randomModel(64), { workers: 2, backend: 'wasm', warn: () => {} }, start);
  const started = performance.now() - begin;
  const server = nodeServer(handlerOf(poolRunner(pool)), { requestTimeout: 30_000 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/detect`;

  let killedAt = 0;
  let back = 0;
  const { statuses } = await loadServer(url, IMAGE, {
    connections: 8,
    until(requests, milliseconds) {
      if (requests > 30 && killedAt === 0) {
        killedAt = milliseconds;
        void workers[0].terminate();
      }
      if (killedAt > 0 && back === 0 && workers.length === 3 && pool.threads === 2) {
        back = milliseconds;
      }
      return back > 0 && milliseconds > back + 200;
    },
  });
  expect(statuses.get(500)).toBe(1);
  expect([...statuses.keys()].sort()).toEqual([200, 500]);
  // Two seconds, unless the machine is so busy that the pool itself took long to start.
  expect(back - killedAt).toBeLessThan(Math.max(2000, 2 * started));
  await closeServer(server, 1000);
}, 120_000);
