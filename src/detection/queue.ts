import { untilAborted } from '../interruption.ts';

/** Runs jobs in the order of the calls, a few at a time. */
export class Queue {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** @param limit maximum number of concurrent jobs */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @param signal takes a job that waits out of the queue, at once, with ABORTED */
  async run<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#running < this.#limit) this.#running++;
    else await this.#turn(signal);
    try {
      return await job();
    } finally {
      this.#passOn();
    }
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    let begin = () => {};
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    this.#waiting.add(begin);
    try {
      await untilAborted(signal, turn);
    } catch (error) {
      // The turn may have come in the moment of the abort.
      if (!this.#waiting.delete(begin)) this.#passOn();
      throw error;
    }
  }

  /** Passes the slot of a finished job to the next one; `#running` then does not change. */
  #passOn(): void {
    const [next] = this.#waiting;
    if (!next) this.#running--;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
