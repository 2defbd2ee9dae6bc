/** The worker's side of a pool. */
import { MessageChannel } from 'node:worker_threads';
import { expect, it, vi } from 'vitest';
import { serveDetector } from '../../src/pool/serve-detector.ts';
import { Channel } from '../../src/remote/channel.ts';
import { type Port, portWire, workerWire } from '../../src/remote/web-wire.ts';
import { randomModel } from '../../support/models/random-model.ts';

/** A detector that needs the binary, as in a page. */
vi.mock('../../src/detector.ts', () => ({
  RefineDet: {
    load: async (
      { config }: object & { config: object },
      options: { wasm: (threaded: boolean) => Promise<Uint8Array> },
    ) => ({
      config,
      backend: 'wasm',
      compute: 'float32',
      threads: 1,
      heapBytes: (await options.wasm(true)).length,
    }),
  },
}));

it("asks the client for tfjs' wasm binary, and fails with the client's error", async () => {
  const { port1, port2 } = new MessageChannel();
  serveDetector(portWire(port2 as unknown as Port), { wasmFromClient: true });
  const own = { code: 'FETCH_FAILED', details: [] };
  const answers: object[] = [
    { error: { name: 'RefineDetError', message: 'offline', stack: '', own } },
    { binary: new Uint8Array(3) },
  ];
  const events: unknown[] = [];
  const channel = new Channel(workerWire(port1 as never), (name, data) => {
    events.push([name, data]);
    if (name === 'binary') void channel.call('binary', answers.shift());
  });
  port1.start();
  const { graph, config, weights } = randomModel(64);
  const load = () => channel.call('load', { source: { graph, config, weights }, options: {} });
  await expect(load()).rejects.toMatchObject({ code: 'FETCH_FAILED', message: 'offline' });
  expect(await load()).toEqual({ graph, config });
  expect(events).toEqual([
    ['binary', true],
    ['binary', true],
    ['state', { backend: 'wasm', compute: 'float32', threads: 1, heapBytes: 3 }],
  ]);
  port1.close();
});
