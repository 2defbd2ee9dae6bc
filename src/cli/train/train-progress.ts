/** Progress of a training on stderr: a bar on a terminal, else a line every few seconds. */
import { SingleBar } from 'cli-progress';
import type { StepRecord } from '../../training/run/step-record.ts';
import type { TrainCallOptions } from '../../training/run/train.ts';
import { counted, duration, printable } from '../printable.ts';

const CLEAR_LINE = '\r\x1b[K';
const SECONDS_BETWEEN_LINES = 10;
const BAR_WIDTH = 20;
const DEFAULT_COLUMNS = 80;
/** Weight of the past in the displayed losses and rates. */
const SMOOTHING = 0.95;

type Run = Parameters<NonNullable<TrainCallOptions['onStart']>>[0];

/** Smoothed losses and images/s. */
interface Trend {
  armConf: number;
  armLoc: number;
  odmConf: number;
  odmLoc: number;
  teacher: number;
  total: number;
  imagesPerSecond: number;
}

export class TrainProgress {
  readonly #quiet: boolean;
  readonly #backend: string | undefined;
  #bar: SingleBar | undefined;
  #trend: Trend | undefined;
  #totalSteps = 0;
  #imagesPerStep = 0;
  #lastLine = Number.NEGATIVE_INFINITY;

  constructor({ quiet = false, backend }: { quiet?: boolean; backend?: string }) {
    this.#quiet = quiet;
    this.#backend = backend;
  }

  /** Prints a sentence above the bar. */
  note(sentence: string): void {
    this.#clear();
    process.stderr.write(`refinedet: ${printable(sentence)}\n`);
  }

  start({ config, data, totalSteps }: Run): void {
    this.#totalSteps = totalSteps;
    this.#imagesPerStep = config.batch * config.accumulate;
    if (this.#quiet) return;
    const { images, classes } = data.train;
    const isGpu = this.#backend !== undefined && this.#backend !== 'wasm';
    const where = isGpu ? this.#backend : counted(config.workers, 'worker');
    process.stderr.write(
      `${config.preset}: ${counted(images.length, 'image')}, ${counted(classes.length, 'class', 'classes')}, ${counted(totalSteps, 'step')} of ${this.#imagesPerStep}, ${where}\n`,
    );
    if (!process.stderr.isTTY) return;
    this.#bar = new SingleBar({
      format: '{bar} {value}/{total}  {text}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: BAR_WIDTH,
      clearOnComplete: true,
      forceRedraw: true,
      stream: process.stderr,
    });
    this.#bar.start(totalSteps, 0, { text: '' });
  }

  show(record: StepRecord): void {
    if (this.#quiet) return;
    this.#follow(record);
    const text = this.#describe(record);
    if (this.#bar) this.#bar.update(record.step, { text });
    else if (performance.now() - this.#lastLine > 1000 * SECONDS_BETWEEN_LINES) {
      this.#lastLine = performance.now();
      process.stderr.write(`step ${record.step}/${this.#totalSteps}  ${text}\n`);
    }
    if (record.evaluation) this.#clear();
  }

  evaluating({ done, total }: { done: number; total: number }): void {
    this.#bar?.update({ text: `evaluation: ${done} of ${counted(total, 'image')}` });
  }

  stop(): void {
    this.#bar?.stop();
  }

  #follow({ losses, imagesPerSecond }: StepRecord): void {
    const now: Trend = { ...losses, imagesPerSecond };
    const past = this.#trend ?? now;
    for (const name of Object.keys(now) as (keyof Trend)[]) {
      now[name] = SMOOTHING * past[name] + (1 - SMOOTHING) * now[name];
    }
    this.#trend = now;
  }

  #describe({ step, epoch }: StepRecord): string {
    const { armConf, armLoc, odmConf, odmLoc, teacher, total, imagesPerSecond } = this.#trend!;
    const named = { objectness: armConf, anchors: armLoc, classes: odmConf, boxes: odmLoc };
    const shown = teacher > 0 ? { ...named, teacher } : named;
    const parts = Object.entries(shown).map(([name, part]) => `${name} ${part.toFixed(2)}`);
    const seconds = ((this.#totalSteps - step) * this.#imagesPerStep) / imagesPerSecond;
    const start = `epoch ${epoch.toFixed(2)}  loss ${total.toFixed(2)}`;
    const end = `${imagesPerSecond.toFixed(1)} images/s  ${duration(seconds)} left`;
    const whole = `${start} = ${parts.join(' + ')}  ${end}`;
    // A terminal cuts long lines, and the time left is at their end.
    return whole.length <= this.#room() ? whole : `${start}  ${end}`;
  }

  /** Columns that are left beside the bar. */
  #room(): number {
    if (!this.#bar) return Number.POSITIVE_INFINITY;
    const counts = ` ${this.#totalSteps}/${this.#totalSteps}  `;
    return (process.stderr.columns || DEFAULT_COLUMNS) - BAR_WIDTH - counts.length;
  }

  #clear(): void {
    if (this.#bar) process.stderr.write(CLEAR_LINE);
  }
}
