/** One slot of a pool: a worker, and after a crash its replacement. */
import { isBlocking } from '../engine/engine.ts';
import { RefineDetError } from '../errors.ts';
import type { Architecture } from '../model/model.ts';
import { type CallOptions, Channel, WorkerDeath } from '../remote/channel.ts';
import { packError } from '../remote/sent-error.ts';
import type { WorkerWire } from '../remote/wire.ts';
import type { LoadRequest, SentBinary, WorkerState } from './pool-messages.ts';

/** How a pool starts its workers, and what they load. */
export interface WorkerSetup {
  start(): WorkerWire | Promise<WorkerWire>;
  request: LoadRequest;
  /** Receives the events `progress`, `info` and `warn` of a worker, and `crash` when it has died. */
  onEvent: (name: string, data: unknown) => void;
}

/** Failures in a row, without an answer in between, after which the pool gives up a worker. */
const MOST_CRASHES = 3;
/** Pause after the second failure, for causes that pass: a lack of memory, a lost connection. */
const RESTART_PAUSE_MS = 1000;

export class PoolWorker {
  /** Backend, threads and memory, as of the last answer. */
  state: WorkerState | undefined;
  /** The error that ended this slot. */
  end: RefineDetError | undefined;
  /** Whether the worker runs and has loaded the model; false while another worker starts. */
  isReady = false;
  readonly #setup: WorkerSetup;
  readonly #changed: () => void;
  #channel: Channel | undefined;
  /** The last start or restart. */
  #starting: Promise<unknown> = Promise.resolve();
  #endPause = () => {};
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
  start(signal?: AbortSignal): Promise<Architecture> {
    const started = this.#start(signal);
    this.#starting = started;
    return started;
  }

  async #start(signal?: AbortSignal): Promise<Architecture> {
    if (this.end) throw this.end;
    const onEvent = (name: string, data: unknown) => {
      if (name === 'state') this.state = data as WorkerState;
      else if (name === 'binary') void sendBinary(channel, data as boolean);
      else this.#setup.onEvent(name, data);
    };
    const channel = new Channel(await this.#setup.start(), onEvent, (error) => {
      // Before the worker is ready, the call of `load` reports the failure.
      if (this.isReady) this.#starting = this.#restart(error);
    });
    this.#channel = channel;
    try {
      if (this.end) throw this.end;
      const architecture = await channel.call<Architecture>('load', this.#setup.request, {
        signal,
      });
      this.isReady = true;
      return architecture;
    } catch (error) {
      await channel.close(error as RefineDetError);
      throw error;
    }
  }

  /** Whether the worker takes another request: a GPU runs one image while the next is prepared. */
  get isFree(): boolean {
    return this.isReady && this.#underWay < (isBlocking(this.state?.backend) ? 1 : 2);
  }

  /**
   * Calls a method of the worker.
   * @throws the errors of the worker, {@link WorkerDeath}
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

  /**
   * Ends the worker, also one that is starting; running and later calls reject with the error.
   * @returns resolves when no worker is left
   */
  async close(error: RefineDetError): Promise<void> {
    this.end = error;
    this.isReady = false;
    this.#changed();
    this.#endPause();
    await this.#channel?.close(error);
    await this.#starting.catch(() => {});
  }

  /** Starts another worker after a crash, unless too many failures follow one another. */
  async #restart(error: RefineDetError): Promise<void> {
    this.isReady = false;
    let failure = error;
    while (!this.end && !this.isReady) {
      const { code, message, details } = failure;
      if (++this.#crashes === MOST_CRASHES) {
        const reason = `${message}, ${MOST_CRASHES} times in a row: no other worker is started`;
        this.end = new RefineDetError(code, reason, { cause: failure, details });
        this.#setup.onEvent('crash', reason);
        break;
      }
      this.#setup.onEvent('crash', `${message}; another worker is started`);
      if (this.#crashes > 1) await this.#pause();
      await this.#start().catch((cause) => {
        failure = cause instanceof RefineDetError ? cause : new WorkerDeath(cause);
      });
    }
    this.#changed();
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RESTART_PAUSE_MS);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Sends tfjs' wasm binary, or the error of loading it, to a worker with a self-contained script. */
async function sendBinary(channel: Channel, threaded: boolean): Promise<void> {
  let sent: SentBinary;
  const transfer: Transferable[] = [];
  try {
    const { embeddedWasm } = await import('../platform/embedded-wasm.ts');
    const binary = await embeddedWasm(threaded);
    transfer.push(binary.buffer);
    sent = { binary };
  } catch (cause) {
    const message = `tfjs' wasm binary cannot be loaded: ${(cause as Error).message}`;
    sent = { error: packError(new RefineDetError('FETCH_FAILED', message, { cause })) };
  }
  await channel.call('binary', sent, { transfer }).catch(() => {}); // a dead worker needs no binary
}
