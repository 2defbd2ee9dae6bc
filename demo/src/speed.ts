/** Times of the stages, frames per second, and memory. */
import type { StageTimings } from 'refinedet';
import { byId, element, setText } from './dom.ts';

const STAGES: Record<keyof StageTimings, string> = {
  decode: 'Decode',
  resize: 'Resize',
  network: 'Network',
  postprocess: 'Boxes',
};
const NAMES = Object.keys(STAGES) as (keyof StageTimings)[];

/** Weight of the newest video frame in the average: times of single frames fluctuate. */
const NEWEST = 0.2;
/** Milliseconds between points of the chart, and the number of points: one minute. */
const INTERVAL = 500;
const POINTS = 120;
/** Window for counting frames, in milliseconds. */
const WINDOW = 2000;
/** Smallest height of the chart, so that a steady line does not look jagged. */
const LEAST_TOP = 10;

export class Speed {
  readonly #parts = NAMES.map((name) => stagePart(name));
  #timings: StageTimings | undefined;
  /** Times at which the latest frames finished. */
  #frames: number[] = [];
  #history: number[] = [];
  #isVideo = false;
  /** Number of frames that were detected in. */
  #done = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    byId('stage-bar').append(...this.#parts.map(({ bar }) => bar));
    byId('timings').append(...this.#parts.map(({ row }) => row));
  }

  /** Starts over; counts frames for a video. */
  start(isVideo: boolean): void {
    clearInterval(this.#timer);
    this.#timings = undefined;
    this.#frames = [];
    this.#history = [];
    this.#done = 0;
    setText(byId('total'), '–');
    for (const { bar, value } of this.#parts) {
      bar.style.setProperty('--share', '0');
      setText(value, '–');
    }
    setText(byId('dropped'), '');
    byId('video-speed').hidden = !isVideo;
    this.#isVideo = isVideo;
    if (isVideo) this.#timer = setInterval(() => this.#count(), INTERVAL);
  }

  measured(timings: StageTimings): void {
    const before = this.#timings ?? timings;
    const mixed = { ...timings };
    for (const name of NAMES) mixed[name] = before[name] + NEWEST * (timings[name] - before[name]);
    this.#timings = mixed;
    const total = NAMES.reduce((sum, name) => sum + mixed[name], 0);
    if (!this.#isVideo) setText(byId('total'), `${total.toFixed(0)} ms per image`);
    this.#parts.forEach(({ bar, value }, i) => {
      const ms = mixed[NAMES[i]];
      bar.style.setProperty('--share', ms.toFixed(2));
      setText(value, `${ms.toFixed(ms < 10 ? 1 : 0)} ms`);
    });
  }

  frame(dropped: number): void {
    this.#frames.push(performance.now());
    this.#done++;
    setText(byId('dropped'), `${this.#done} of ${this.#done + dropped} frames`);
  }

  memory(heapBytes: number): void {
    setText(byId('memory'), `${(heapBytes / 1e6).toFixed(0)} MB`);
  }

  #count(): void {
    const now = performance.now();
    this.#frames = this.#frames.filter((time) => now - time < WINDOW);
    const fps = (1000 * this.#frames.length) / WINDOW;
    setText(byId('total'), `${fps.toFixed(1)} frames per second`);
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
