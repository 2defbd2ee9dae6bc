/** Reads a source through one run of ffmpeg after another; runs in a thread of its own. */
import { setTimeout as delay } from 'node:timers/promises';
import { RefineDetError } from '../errors.ts';
import { attemptPause } from './attempt-pause.ts';
import { Decoder, type RunFrame, type RunOptions } from './decoder.ts';
import type { DecodedFrame } from './video-types.ts';

/** What the thread gets: plain data. */
export interface ReadPlan extends Omit<RunOptions, 'onStart'> {
  live: boolean;
  /** Time at which to stop, in milliseconds. */
  end: number;
  /** Attempts in a row to open a lost source again. */
  reconnect: number;
  /** Time in milliseconds before which a file has certainly not ended. */
  least: number;
  /** Number of frames of a file that is complete, whenever it ends: the last one may last long. */
  enough: number;
}

export interface ReaderEvents {
  warn(message: string): void;
  /** Id of the process of ffmpeg. */
  started(pid: number): void;
}

/** Frames that are decoded before they are asked for. */
const AHEAD = 2;
/** Errors that another attempt does not mend. */
const LASTING = new Set(['VIDEO_SIZE', 'VIDEO_FORMAT', 'MISSING_DEPENDENCY']);

/** Holds the next frames: the newest of a live source, else a few, for which ffmpeg waits. */
export class VideoReader {
  readonly #plan: ReadPlan;
  readonly #events: ReaderEvents;
  readonly #stopping = new AbortController();
  readonly #waiting: DecodedFrame[] = [];
  #decoder: Decoder | undefined;
  #dropped = 0;
  #spare: Uint8Array | undefined;
  #end: { error?: unknown } | undefined;
  #wakeConsumer = () => {};
  #wakeProducer = () => {};
  readonly #finished: Promise<void>;

  constructor(plan: ReadPlan, events: ReaderEvents) {
    this.#plan = plan;
    this.#events = events;
    this.#finished = this.#fill();
  }

  /** Returns the next frame, undefined at the end. */
  async next(): Promise<DecodedFrame | undefined> {
    while (this.#waiting.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wakeConsumer = resolve;
      });
    }
    const frame = this.#waiting.shift();
    this.#wakeProducer();
    if (frame) return frame;
    if (this.#end && 'error' in this.#end) throw this.#end.error;
    return undefined;
  }

  /** Ends ffmpeg; resolves when it has ended. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#waiting.length = 0;
    await this.#decoder?.kill();
    this.#wakeProducer();
    await this.#finished;
  }

  async #fill(): Promise<void> {
    try {
      for await (const frame of this.#plan.live ? this.#liveFrames() : this.#fileFrames()) {
        if (this.#stopping.signal.aborted || frame.time >= this.#plan.end) break;
        await this.#offer(frame);
      }
      this.#end = {};
    } catch (error) {
      this.#end = this.#stopping.signal.aborted ? {} : { error };
    }
    await this.#decoder?.kill();
    this.#wakeConsumer();
  }

  async #offer(frame: RunFrame): Promise<void> {
    if (this.#plan.live && this.#waiting.length > 0) {
      this.#spare = this.#waiting.pop()!.data as Uint8Array;
      this.#dropped++;
    }
    this.#waiting.push({ ...frame, dropped: this.#dropped });
    this.#wakeConsumer();
    while (this.#waiting.length >= AHEAD && !this.#stopping.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wakeProducer = resolve;
      });
    }
  }

  async *#fileFrames(): AsyncGenerator<RunFrame> {
    let last = Number.NEGATIVE_INFINITY;
    for await (const frame of this.#run(this.#plan.firstIndex)) {
      last = frame.time;
      yield frame;
    }
    const { name, least, enough, firstIndex, end } = this.#plan;
    if (firstIndex + (this.#decoder?.seen ?? 0) >= enough) return;
    if (last >= Math.min(least, end) || this.#stopping.signal.aborted) return;
    const place = Number.isFinite(last) ? `end at ${(last / 1000).toFixed(2)} s` : 'are missing';
    throw new RefineDetError('VIDEO_CORRUPT', `${name} is truncated: its frames ${place}`);
  }

  /**
   * Times of a live source are those of arrival: its own clock drifts from ours, and starts again with
   * each connection.
   */
  async *#liveFrames(): AsyncGenerator<RunFrame> {
    const { name, reconnect, end } = this.#plan;
    const { signal } = this.#stopping;
    let start: number | undefined;
    let index = this.#plan.firstIndex;
    let attempts = 0;
    for (;;) {
      let failure: unknown;
      try {
        for await (const frame of this.#run(index)) {
          attempts = 0;
          start ??= frame.arrival;
          yield { ...frame, time: frame.arrival - start };
        }
      } catch (error) {
        const isLasting = !(error instanceof RefineDetError) || LASTING.has(error.code);
        if (start === undefined || (isLasting && attempts === 0)) throw error;
        failure = error;
      }
      // Also a source that does not come back ends at its time.
      const now = performance.timeOrigin + performance.now();
      const left = (start ?? now) + end - now;
      if (signal.aborted || left <= 0) return;
      index += this.#decoder?.seen ?? 0;
      const reason = failure instanceof Error ? failure.message : `${name} has ended`;
      if (attempts >= reconnect) {
        if (reconnect === 0 && !failure) return;
        throw lost(name, reason, attempts, failure);
      }
      const pause = attemptPause(attempts++);
      this.#events.warn(`${reason}; trying again in ${pause / 1000} s`);
      await delay(Math.min(pause, left), undefined, { signal });
    }
  }

  async *#run(firstIndex: number): AsyncGenerator<RunFrame> {
    const { started } = this.#events;
    const decoder = new Decoder({ ...this.#plan, firstIndex, onStart: started });
    this.#decoder = decoder;
    try {
      yield* decoder.frames((size) => this.#takeSpare(size));
    } finally {
      await decoder.kill();
    }
  }

  #takeSpare(size: number): Uint8Array | undefined {
    const spare = this.#spare?.length === size ? this.#spare : undefined;
    this.#spare = undefined;
    return spare;
  }
}

function lost(name: string, reason: string, attempts: number, cause: unknown): RefineDetError {
  const code = cause instanceof RefineDetError ? cause.code : 'VIDEO_LOST';
  const tried = attempts > 0 ? ` (${name} did not come back in ${attempts} attempts)` : '';
  return new RefineDetError(code, reason + tried, { cause });
}
