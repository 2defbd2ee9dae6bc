/** Limits the bytes of images that are read ahead. */
import { untilAborted } from '../interruption.ts';

export class ByteBudget {
  readonly #limit: number;
  readonly #waiting: { bytes: number; begin: () => void }[] = [];
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes under way. */
  get used(): number {
    return this.#used;
  }

  /**
   * Waits until so many bytes fit, in the order of the calls; more than the whole limit wait until
   * nothing else is under way.
   * @returns gives the bytes back
   * @throws ABORTED
   */
  async take(bytes: number, signal?: AbortSignal): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) {
      let begin = () => {};
      const turn = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const entry = { bytes, begin };
      this.#waiting.push(entry);
      try {
        await untilAborted(signal, turn);
      } catch (error) {
        const at = this.#waiting.indexOf(entry);
        if (at >= 0) this.#waiting.splice(at, 1);
        else this.#giveBack(bytes); // its turn came in the moment of the abort
        throw error;
      }
    } else this.#used += bytes;
    return () => this.#giveBack(bytes);
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#limit;
  }

  #giveBack(bytes: number): void {
    this.#used -= bytes;
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0].bytes)) {
      const next = this.#waiting.shift()!;
      this.#used += next.bytes;
      next.begin();
    }
  }
}
