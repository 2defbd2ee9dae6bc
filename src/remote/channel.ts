/** The calling end of a wire: requests to a worker and promises of their answers. */
import { RefineDetError } from '../errors.ts';
import { onAbort } from '../interruption.ts';
import { unpackError } from './sent-error.ts';
import type { WorkerWire } from './wire.ts';

export interface CallOptions {
  /** Objects to transfer instead of copying. */
  transfer?: readonly Transferable[];
  /** Cancels the work in the worker; the worker still answers. */
  signal?: AbortSignal;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** The error of the calls to a worker that has died. */
export class WorkerDeath extends RefineDetError {
  constructor(reason: Error | string) {
    const cause = typeof reason === 'string' ? undefined : (reason as Error & { code?: unknown });
    const isShortage = cause?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const message = `the worker has crashed: ${cause?.message ?? reason}`;
    super(isShortage ? 'OUT_OF_MEMORY' : 'WORKER_CRASHED', message, cause && { cause });
  }
}

export class Channel {
  readonly #wire: WorkerWire;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #end: RefineDetError | undefined;

  /**
   * @param onEvent receives the events of the worker
   * @param onDeath called once when the worker dies, after all running calls have been rejected
   */
  constructor(
    wire: WorkerWire,
    onEvent?: (name: string, data: unknown) => void,
    onDeath?: (error: WorkerDeath) => void,
  ) {
    this.#wire = wire;
    wire.listen((message) => {
      if ('event' in message) onEvent?.(message.event, message.data);
      else if ('error' in message) this.#take(message.answer)?.reject(unpackError(message.error));
      else this.#take(message.answer)?.resolve(message.result);
    });
    wire.onDeath((reason) => {
      if (this.#end) return;
      const error = new WorkerDeath(reason);
      void this.close(error);
      onDeath?.(error);
    });
    wire.hold?.(false);
  }

  /**
   * Calls a method of the worker.
   * @throws the errors of the worker, INVALID_ARGUMENT for an argument that cannot be sent, {@link WorkerDeath}
   */
  async call<T>(
    method: string,
    argument?: unknown,
    { transfer = [], signal }: CallOptions = {},
  ): Promise<T> {
    if (this.#end) throw this.#end;
    const call = this.#nextId;
    try {
      this.#wire.post({ call, method, argument }, transfer);
      this.#nextId++; // the worker counts the calls that it receives
    } catch (cause) {
      const reason = `cannot be sent to a worker: ${(cause as Error).message}`;
      throw new RefineDetError('INVALID_ARGUMENT', reason, { cause });
    }
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(call, { resolve, reject });
    });
    this.#wire.hold?.(true);
    const cancel = () => this.#wire.post({ cancel: call }, []);
    const stop = signal && onAbort(signal, cancel);
    try {
      if (signal?.aborted) cancel();
      return (await answer) as T;
    } finally {
      stop?.();
    }
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Ends the worker; running and later calls reject with the error. */
  async close(error: RefineDetError): Promise<void> {
    this.#end ??= error;
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(this.#end);
    // The wait for the end of a worker would last forever if the process ended first.
    this.#wire.hold?.(true);
    await this.#wire.terminate();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0 && this.isOpen) this.#wire.hold?.(false);
    return pending;
  }
}
