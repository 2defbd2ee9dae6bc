/** Runs jobs in the order of the calls, a few at a time. */
export class Queue {
  readonly #lanes: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param lanes maximum number of concurrent jobs */
  constructor(lanes: number) {
    this.#lanes = lanes;
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#lanes) {
      // A finished job passes its slot to this one, so `#running` does not change.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
