/** How long the stages take, frames a second, memory. */
import type { StageTimings } from 'refinedet';
import { byId, element, setText } from './dom.ts';

const STAGES: Record<keyof StageTimings, string> = {
  decode: 'Decode',
  resize: 'Resize',
  network: 'Network',
  postprocess: 'Post-process',
};
const NAMES = Object.keys(STAGES) as (keyof StageTimings)[];

/** Weight of the newest frame of a video: single frames tremble. */
const NEWEST = 0.2;
/** Milliseconds between points of the chart, and points in it: one minute. */
const INTERVAL = 500;
const POINTS = 120;
/** Milliseconds that frames are counted over. */
const WINDOW = 2000;
/** The chart is no lower than this, so that a still line is not a jagged one. */
const LEAST_TOP = 10;

export class Speed {
  readonly #parts = NAMES.map((name) => stagePart(name));
  #timings: StageTimings | undefined;
  /** When the last frames were done. */
  #frames: number[] = [];
  #history: number[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    byId('stage-bar').append(...this.#parts.map(({ bar }) => bar));
    byId('timings').append(...this.#parts.map(({ row }) => row));
  }

  /** Begins anew; a video's frames are counted. */
  start(isVideo: boolean): void {
    clearInterval(this.#timer);
    this.#timings = undefined;
    this.#frames = [];
    setText(byId('fps'), '–');
    setText(byId('dropped'), '');
    if (isVideo) this.#timer = setInterval(() => this.#count(), INTERVAL);
  }

  measured(timings: StageTimings): void {
    const before = this.#timings ?? timings;
    const mixed = { ...timings };
    for (const name of NAMES) mixed[name] = before[name] + NEWEST * (timings[name] - before[name]);
    this.#timings = mixed;
    this.#parts.forEach(({ bar, value }, i) => {
      const ms = mixed[NAMES[i]];
      bar.style.setProperty('--share', ms.toFixed(2));
      setText(value, `${ms.toFixed(1)} ms`);
    });
  }

  frame(dropped: number): void {
    this.#frames.push(performance.now());
    setText(byId('dropped'), `${dropped} left out`);
  }

  memory(heapBytes: number): void {
    setText(byId('memory'), `${(heapBytes / 2 ** 20).toFixed(0)} MiB`);
  }

  #count(): void {
    const now = performance.now();
    this.#frames = this.#frames.filter((time) => now - time < WINDOW);
    const fps = (1000 * this.#frames.length) / WINDOW;
    setText(byId('fps'), fps.toFixed(1));
    this.#history = [...this.#history, fps].slice(-POINTS);
    const top = Math.max(LEAST_TOP, ...this.#history);
    const first = POINTS - this.#history.length;
    const points = this.#history.map((value, i) => {
      const [x, y] = [(first + i) / (POINTS - 1), 1 - (0.95 * value) / top];
      return `${(100 * x).toFixed(2)},${(100 * y).toFixed(2)}`;
    });
    document.querySelector('#fps-chart polyline')!.setAttribute('points', points.join(' '));
  }
}

function stagePart(name: keyof StageTimings) {
  const bar = element('span');
  const value = element('dd', {}, '–');
  const row = element('div', {}, element('dt', {}, STAGES[name]), value);
  for (const part of [bar, row]) part.style.setProperty('--color', `var(--${name})`);
  return { bar, value, row };
}
