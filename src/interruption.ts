import { abortError } from './errors.ts';

/**
 * What may end every wait: a lost device, an abort. (`Promise.race` with a promise that stays pending
 * keeps a reaction in it for each race, for as long as it lives: a stream would grow with every frame.)
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

  /** Ends all waits and those to come; only the first error counts. */
  raise(error: unknown): void {
    if (this.#raised) return;
    this.#raised = { error };
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  /**
   * The outcome of a promise, of which nothing is left here afterwards.
   * @throws what was raised, when that comes first
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

/** The outcome of a promise; an abort rejects at once with ABORTED, whatever becomes of the work. */
export function untilAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  const abortion = new Interruption();
  const abort = () => abortion.raise(abortError(signal));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  return abortion.during(work).finally(() => signal.removeEventListener('abort', abort));
}
