/** Work that shares a process, and work that must be alone in it; in the order of the calls. */
export class Exclusion {
  /** End of the last work that was alone. */
  #alone: Promise<unknown> = Promise.resolve();
  readonly #shared = new Set<Promise<unknown>>();

  async run<T>(isAlone: boolean, work: () => Promise<T>): Promise<T> {
    const before = isAlone ? Promise.all([this.#alone, ...this.#shared]) : this.#alone;
    const outcome = before.then(work);
    const end = outcome.catch(() => {});
    if (isAlone) this.#alone = end;
    else {
      this.#shared.add(end);
      void end.then(() => this.#shared.delete(end));
    }
    return outcome;
  }
}
