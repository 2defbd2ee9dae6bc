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

/** Bytes that a request holds. */
export interface Hold {
  hold: (bytes: number) => void;
  release: () => void;
}

export class Admission {
  readonly #limits: Limits;
  #passes = 0;
  #bytes = 0;
  #seconds = FIRST_GUESS;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Number of passes of the network that run or wait; a plain detection is one. */
  get passes(): number {
    return this.#passes;
  }

  /** Largest number of passes at a time. */
  get most(): number {
    return this.#limits.concurrency + this.#limits.queue;
  }

  /**
   * @param passes number of passes of the network
   * @throws OVERLOADED without room; REQUEST_TOO_LARGE where the room never suffices
   */
  check(passes = 1): void {
    if (this.#passes + passes <= this.most) return;
    if (passes > this.most) {
      const message = `the request needs ${passes} passes of the network; this server allows ${this.most}`;
      throw new ServeError('REQUEST_TOO_LARGE', message);
    }
    const waits = Math.ceil((this.#seconds * this.#passes) / this.#limits.concurrency);
    throw overloaded(`the queue is full (${this.#passes} images)`, Math.max(1, waits));
  }

  /**
   * Runs a job that needs some passes of the network.
   * @throws OVERLOADED, REQUEST_TOO_LARGE
   */
  async run<T>(passes: number, job: () => Promise<T>): Promise<T> {
    this.check(passes);
    this.#passes += passes;
    const start = performance.now();
    const others = Math.max(1, this.#passes / this.#limits.concurrency);
    try {
      const result = await job();
      const seconds = (performance.now() - start) / 1000 / others;
      this.#seconds += SMOOTHING * (seconds - this.#seconds);
      return result;
    } finally {
      this.#passes -= passes;
    }
  }

  /** Counts the bytes of one request; `hold` throws OVERLOADED when all requests hold too many. */
  hold(): Hold {
    let held = 0;
    return {
      hold: (bytes) => {
        if (this.#bytes + bytes > this.#limits.bytes) {
          throw overloaded(`the bodies under way hold ${this.#bytes} bytes`, 1);
        }
        this.#bytes += bytes;
        held += bytes;
      },
      release: () => {
        this.#bytes -= held;
        held = 0;
      },
    };
  }
}

function overloaded(reason: string, seconds: number): ServeError {
  return new ServeError('OVERLOADED', `the server is busy: ${reason}; try again in ${seconds} s`, {
    'retry-after': String(seconds),
  });
}
