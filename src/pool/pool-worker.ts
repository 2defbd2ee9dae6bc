/** One slot of a pool: a worker, and after a crash its replacement. */
import type { Network } from '../engine/model-anchors.ts';
import { RefineDetError } from '../errors.ts';
import { type CallOptions, Channel } from '../remote/channel.ts';
import type { WorkerWire } from '../remote/wire.ts';
import type { LoadRequest, WorkerState } from './pool-messages.ts';

/** How a pool starts its workers, and what they load. */
export interface WorkerSetup {
  start(): WorkerWire | Promise<WorkerWire>;
  request: LoadRequest;
  /** Receives the events `progress`, `info` and `warn` of a worker; `warn` also reports crashes. */
  onEvent: (name: string, data: unknown) => void;
}

/** Crashes in a row, without an answer in between, after which the pool gives up a worker. */
const MOST_CRASHES = 3;

export class PoolWorker {
  /** Backend, threads and memory, as of the last answer. */
  state: WorkerState | undefined;
  /** The error that ended this slot; undefined while it has a worker. */
  end: RefineDetError | undefined;
  readonly #setup: WorkerSetup;
  readonly #changed: () => void;
  #channel: Channel | undefined;
  #isReady = false;
  #underWay = 0;
  #crashes = 0;

  /** @param changed called when the worker may have become free, or has ended */
  constructor(setup: WorkerSetup, changed: () => void) {
    this.#setup = setup;
    this.#changed = changed;
  }

  /**
   * Starts the worker and loads the model in it.
   * @throws the errors of loading, WORKER_CRASHED
   */
  async start(signal?: AbortSignal): Promise<Network> {
    const onEvent = (name: string, data: unknown) => {
      if (name === 'state') this.state = data as WorkerState;
      else if (name === 'binary') void sendBinary(channel, data as boolean);
      else this.#setup.onEvent(name, data);
    };
    const channel = new Channel(await this.#setup.start(), onEvent, (error) => {
      // Before the worker is ready, `start` itself reports the failure.
      if (this.#isReady) void this.#replace(error);
    });
    this.#channel = channel;
    try {
      if (this.end) throw this.end;
      const network = await channel.call<Network>('load', this.#setup.request, { signal });
      this.#isReady = true;
      return network;
    } catch (error) {
      await channel.close(error as RefineDetError);
      throw error;
    }
  }

  /** Whether the worker takes another request: a GPU runs one image while the next is prepared. */
  get isFree(): boolean {
    return this.#isReady && this.#underWay < (this.state?.backend === 'wasm' ? 1 : 2);
  }

  /**
   * Calls a method of the worker.
   * @throws the errors of the worker, WORKER_CRASHED
   */
  async call<T>(method: string, argument: unknown, options: CallOptions): Promise<T> {
    const channel = this.#channel!;
    this.#underWay++;
    try {
      return await channel.call<T>(method, argument, options);
    } finally {
      if (channel.isOpen) this.#crashes = 0; // the worker has answered
      this.#underWay--;
      this.#changed();
    }
  }

  /** Ends the worker; running and later calls reject with the error. */
  async close(error: RefineDetError): Promise<void> {
    this.end = error;
    this.#isReady = false;
    await this.#channel?.close(error);
    this.#changed();
  }

  /** Starts another worker after a crash, unless too many crashes follow one another. */
  async #replace({ code, message }: RefineDetError): Promise<void> {
    this.#isReady = false;
    if (this.end) return;
    if (++this.#crashes === MOST_CRASHES) {
      const reason = `${message}, ${MOST_CRASHES} times in a row: no other worker is started`;
      this.#setup.onEvent('warn', reason);
      return this.close(new RefineDetError(code, reason));
    }
    this.#setup.onEvent('warn', `${message}; another worker is started`);
    await this.start().catch((error) => this.#replace(error));
    this.#changed();
  }
}

/** Sends tfjs' wasm binary to a worker with a self-contained script. */
async function sendBinary(channel: Channel, threaded: boolean): Promise<void> {
  try {
    const { embeddedWasm } = await import('../platform/embedded-wasm.ts');
    const binary = await embeddedWasm(threaded);
    await channel.call('binary', binary, { transfer: [binary.buffer] });
  } catch (cause) {
    const message = `tfjs' wasm binary cannot be loaded: ${(cause as Error).message}`;
    await channel.close(new RefineDetError('FETCH_FAILED', message, { cause }));
  }
}
