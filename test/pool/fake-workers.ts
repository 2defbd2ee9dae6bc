/** Workers of a pool that detect nothing and behave as a test needs. */
import type { WorkerSetup } from '../../src/pool/pool-worker.ts';
import type { FromWorker, ToWorker, WorkerWire } from '../../src/remote/wire.ts';
import { randomModel } from '../../support/models/random-model.ts';

type Call = Extract<ToWorker, { call: number }>;

export const MODEL = randomModel(64);

export class FakeWorker implements WorkerWire {
  /** Messages from the pool, except `load`. */
  readonly received: ToWorker[] = [];
  terminated = false;
  /** Argument of `load`. */
  loaded: unknown;
  #receive: (message: FromWorker) => void = () => {};
  #die: (reason: Error | string) => void = () => {};
  readonly #behave: (worker: FakeWorker, call: Call) => void;

  constructor(behave: (worker: FakeWorker, call: Call) => void) {
    this.#behave = behave;
  }

  post(message: ToWorker): void {
    if ('call' in message && message.method === 'load') {
      this.loaded = message.argument;
      const state = { backend: 'wasm', compute: 'float32', threads: 1, heapBytes: 1000 };
      this.send({ event: 'state', data: state });
      const { graph, config } = MODEL;
      this.send({ answer: message.call, result: { graph, config } });
      return;
    }
    this.received.push(message);
    if ('call' in message) this.#behave(this, message);
  }

  /** Answers without detections. */
  answer(call: number): void {
    this.send({ answer: call, result: { detections: [], timings: {} } });
  }

  send(message: FromWorker): void {
    setTimeout(() => this.#receive(message), 0);
  }

  die(reason: Error | string): void {
    setTimeout(() => this.#die(reason), 0);
  }

  listen(receive: (message: FromWorker) => void): void {
    this.#receive = receive;
  }

  onDeath(notify: (reason: Error | string) => void): void {
    this.#die = notify;
  }

  async terminate(): Promise<void> {
    this.terminated = true;
  }
}

/** Starts workers with the same behavior, and lists them. */
export function fakeWorkers(behave: (worker: FakeWorker, call: Call) => void) {
  const workers: FakeWorker[] = [];
  const start: WorkerSetup['start'] = () => {
    const worker = new FakeWorker(behave);
    workers.push(worker);
    return worker;
  };
  return { workers, start };
}
