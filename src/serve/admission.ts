/** Limits what a server holds: images that are detected or wait, and bytes of bodies. */
import { ServeError } from './problems.ts';

/** Weight of the newest measurement in the mean time of a detection. */
const SMOOTHING = 0.1;
/** Seconds of a detection before the first was measured. */
const FIRST_GUESS = 0.1;

export interface Limits {
  /** Number of images that are detected at once. */
  concurrency: number;
  /** Number of images that may wait. */
  queue: number;
  /** Bytes of all bodies in memory. */
  bytes: number;
}

export class Admission {
  readonly #limits: Limits;
  #images = 0;
  #bytes = 0;
  #seconds = FIRST_GUESS;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Number of images that are detected or wait. */
  get images(): number {
    return this.#images;
  }

  /** Largest number of images at a time. */
  get most(): number {
    return this.#limits.concurrency + this.#limits.queue;
  }

  /** @throws OVERLOADED when there is no room for another image */
  check(count = 1): void {
    if (this.#images + count <= this.most) return;
    const waits = Math.max(1, Math.ceil((this.#seconds * this.#images) / this.#limits.concurrency));
    throw overloaded(`the queue is full (${this.#images} images)`, waits);
  }

  /**
   * Runs a job that detects in some images.
   * @throws OVERLOADED
   */
  async run<T>(count: number, job: () => Promise<T>): Promise<T> {
    this.check(count);
    this.#images += count;
    const start = performance.now();
    const others = Math.max(1, this.#images / this.#limits.concurrency);
    try {
      const result = await job();
      const seconds = (performance.now() - start) / 1000 / others;
      this.#seconds += SMOOTHING * (seconds - this.#seconds);
      return result;
    } finally {
      this.#images -= count;
    }
  }

  /**
   * Counts bytes of a body until the returned function is called.
   * @throws OVERLOADED when all bodies together are too large
   */
  hold(bytes: number): () => void {
    if (this.#bytes + bytes > this.#limits.bytes) {
      throw overloaded(`the bodies under way hold ${this.#bytes} bytes`, 1);
    }
    this.#bytes += bytes;
    let isHeld = true;
    return () => {
      if (isHeld) this.#bytes -= bytes;
      isHeld = false;
    };
  }
}

function overloaded(reason: string, seconds: number): ServeError {
  return new ServeError('OVERLOADED', `the server is busy: ${reason}; try again in ${seconds} s`, {
    'retry-after': String(seconds),
  });
}
