import { abortError } from './errors.ts';

/**
 * Ends waits early: when a device is lost, or on abort. (`Promise.race` with a long-pending promise
 * adds a reaction to it in each race and keeps it: a stream would leak memory with every frame.)
 */
export class Interruption {
  readonly #waiting = new Set<(error: unknown) => void>();
  #raised: { error: unknown } | undefined;

  get isRaised(): boolean {
    return this.#raised !== undefined;
  }

  throwIfRaised(): void {
    if (this.#raised) throw this.#raised.error;
  }

  /** Ends all current and later waits; only the first error counts. */
  raise(error: unknown): void {
    if (this.#raised) return;
    this.#raised = { error };
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  /**
   * Waits for a promise and keeps no reference to it afterwards.
   * @throws the raised error, when that comes first
   */
  during<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#raised) reject(this.#raised.error);
      else this.#waiting.add(reject);
      const settle = <V>(outcome: (value: V) => void) => {
        return (value: V) => {
          this.#waiting.delete(reject);
          outcome(value);
        };
      };
      promise.then(settle(resolve), settle(reject));
    });
  }
}

/** What waits for the abort of a signal. */
const WAITING = new WeakMap<AbortSignal, { calls: Set<() => void>; notify: () => void }>();

/**
 * Calls back at an abort. However many wait, the signal has one listener of ours: Node warns of a leak at more
 * than ten. The listener goes with the last of them, because it would keep a signal of `AbortSignal.any` alive.
 * @returns a function that ends the wait
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let waiting = WAITING.get(signal);
  if (!waiting) {
    const calls = new Set<() => void>();
    const notify = () => {
      for (const call of [...calls]) call();
    };
    waiting = { calls, notify };
    WAITING.set(signal, waiting);
    signal.addEventListener('abort', notify);
  }
  const { calls, notify } = waiting;
  const call = () => callback();
  calls.add(call);
  return () => {
    if (!calls.delete(call) || calls.size > 0) return;
    signal.removeEventListener('abort', notify);
    WAITING.delete(signal);
  };
}

/** Waits for a promise; an abort rejects at once with ABORTED and ignores the result of the work. */
export function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  const abortion = new Interruption();
  const abort = () => abortion.raise(abortError(signal));
  if (signal.aborted) abort();
  return abortion.during(work).finally(onAbort(signal, abort));
}
