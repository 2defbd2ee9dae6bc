/** Jobs in the order of the calls, a few at a time. */
export class Queue {
  readonly #lanes: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #whenIdle: (() => void) | undefined;

  /** @param lanes jobs under way at a time */
  constructor(lanes: number) {
    this.#lanes = lanes;
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#lanes) {
      // Whoever finishes hands the lane over, so `#running` stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else if (--this.#running === 0) this.#becomeIdle();
    }
  }

  /** Calls back once, when nothing is under way: at once if that is now. */
  onceIdle(callback: () => void): void {
    this.#whenIdle = callback;
    if (this.#running === 0) this.#becomeIdle();
  }

  #becomeIdle(): void {
    const callback = this.#whenIdle;
    this.#whenIdle = undefined;
    callback?.();
  }
}
