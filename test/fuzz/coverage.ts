/** Parts of the sources that have run, by V8's own counters: without an instrumented build or a native add-on. */
import { type Profiler, Session } from 'node:inspector';

/** Functions by their position: 1 for every character of code that has run. */
type Reached = Map<string, Uint8Array>;

export class Coverage {
  readonly #session = new Session();
  readonly #known: Reached = new Map();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Number of characters of code that have run. */
  get size(): number {
    let size = 0;
    for (const mask of this.#known.values()) for (const bit of mask) size += bit;
    return size;
  }

  /** Functions with code that has run for the first time since the last call. Takes about a millisecond. */
  take(): Reached {
    const fresh: Reached = new Map();
    // The answer arrives before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, coverage) => {
      if (error) throw error;
      for (const { scriptId, functions } of coverage.result.filter(isOurs)) {
        for (const { ranges } of functions) {
          const key = `${scriptId}:${ranges[0].startOffset}:${ranges[0].endOffset}`;
          const mask = reached(ranges);
          const known = this.#known.get(key);
          if (mask.some((bit, i) => bit > (known?.[i] ?? 0))) fresh.set(key, mask);
        }
      }
    });
    return fresh;
  }

  /** Marks code as reached. */
  add(fresh: Reached): void {
    for (const [key, mask] of fresh) {
      const known = this.#known.get(key);
      this.#known.set(key, known ? known.map((bit, i) => bit | mask[i]) : mask);
    }
  }
}

/** Inner ranges follow the outer ranges that they override. */
function reached(ranges: readonly Profiler.CoverageRange[]): Uint8Array {
  const [{ startOffset: origin, endOffset }] = ranges;
  const mask = new Uint8Array(endOffset - origin);
  for (const { startOffset, endOffset: end, count } of ranges) {
    mask.fill(Math.min(count, 1), startOffset - origin, end - origin);
  }
  return mask;
}

/** Whether a script is one of our sources, or of the JavaScript parsers that they use. */
function isOurs({ url }: Profiler.ScriptCoverage): boolean {
  return /\/src\/|\/node_modules\/(saxes|yaml)\//.test(url);
}
