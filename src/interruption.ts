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

/** Waits for a promise; an abort rejects at once with ABORTED and ignores the result of the work. */
export function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  const abortion = new Interruption();
  const abort = () => abortion.raise(abortError(signal));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  return abortion.during(work).finally(() => signal.removeEventListener('abort', abort));
}
