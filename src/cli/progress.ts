/** A progress bar on stderr with the speed and the time left; only on a terminal. */
import { SingleBar } from 'cli-progress';
import { duration } from './printable.ts';

const CLEAR_LINE = '\r\x1b[K';
const SAVE_CURSOR = '\x1b7';

export class Progress {
  readonly #bar: SingleBar | undefined;
  readonly #start = performance.now();
  #done = 0;
  #total = 0;

  /**
   * @param total number of images or frames; Infinity for a live source
   * @param options.quiet no bar even on a terminal
   */
  constructor(total: number, { quiet = false, unit = 'images' } = {}) {
    if (quiet || total < 2 || !process.stderr.isTTY) return;
    const [bar, left] = Number.isFinite(total)
      ? ['{bar} {value}/{total}', '{left}']
      : [`{value} ${unit}`, ''];
    this.#total = total;
    this.#bar = new SingleBar({
      format: `${bar}  {rate} ${unit}/s${left}{note}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: barWidth(),
      clearOnComplete: true,
      // Redrawn even when unchanged, because lines are printed in its place.
      forceRedraw: true,
      stream: process.stderr,
    });
    this.#bar.start(total, 0, { rate: '–', left: '', note: '' });
  }

  /** Counts one more image, or so many, as done. */
  advance(note = '', count = 1): void {
    this.#done += count;
    const left = `  ${duration((this.#total - this.#done) / this.rate)} left`;
    this.#bar?.update(this.#done, { rate: this.rate.toFixed(1), left, note });
  }

  /** Images per second so far. */
  get rate(): number {
    return this.#done / this.seconds;
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** Clears the bar before a line is printed; the bar is drawn again below it. */
  clear(): void {
    if (this.#bar) process.stderr.write(CLEAR_LINE);
  }

  /** Removes the bar. */
  stop(): void {
    if (!this.#bar) return;
    // Stopping returns to the saved cursor position, above the lines printed since: save it again.
    process.stderr.write(CLEAR_LINE + SAVE_CURSOR);
    this.#bar.stop();
  }
}

/** Columns of the bar: on a narrow terminal the figures beside it come first. */
function barWidth(): number {
  const figures = 45;
  return Math.min(30, Math.max(4, (process.stderr.columns || 80) - figures));
}
