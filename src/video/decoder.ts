/**
 * One run of ffmpeg: raw frames from its standard output, and what the filter showinfo says about each
 * of them from its standard error. A pipe of raw frames has no times, and containers round them or hold
 * a frame back; showinfo prints the exact time stamp in the units of the file, and the size before
 * ffmpeg would scale a frame to the size of the first one.
 */
import { RefineDetError } from '../errors.ts';
import { SEEN, TAKEN } from './decode-args.ts';
import { ended, ffmpegError, Messages, notStarted, readMessages, startProgram } from './ffmpeg.ts';
import type { DecodedFrame } from './video-types.ts';

/** A frame without what its source adds. */
export type RunFrame = Omit<DecodedFrame, 'dropped'>;

/** What showinfo says about a frame. */
interface Shown {
  index: number;
  time: number;
  width: number;
  height: number;
  arrival: number;
}

export interface RunOptions {
  program: string;
  args: readonly string[];
  /** What follows the names of the filters that report. */
  mark: string;
  /** Name of the source in messages. */
  name: string;
  /** Number of the first frame. */
  firstIndex: number;
  /** Longest time without a frame, in milliseconds; unlimited for files. */
  stall?: number;
  /** Receives the id of the process. */
  onStart?(pid: number): void;
}

const FILTER = /^\[showinfo@(\w+)-(\w+) /;
const TIME_BASE = /config in time_base: (\d+)\/(\d+)/;
const FRAME = / n: *\d+ pts: *(-?\d+|NOPTS).* s:(\d+)x(\d+) /;
const CHANNELS = 3;
/** Errors that do not end ffmpeg, but mean that the rest of a file is missing. */
const MISSING = /partial file|file ended prematurely|truncat/i;

export class Decoder {
  readonly #options: RunOptions;
  readonly #child: ReturnType<typeof startProgram>;
  readonly #ended: ReturnType<typeof ended>;
  readonly #messages = new Messages();
  readonly #shown: Shown[] = [];
  #seen = 0;
  /** Seconds of a tick. */
  #tick = 0;
  #lastActivity = performance.now();
  #messagesEnded = false;
  #isKilled = false;
  #wake = () => {};

  constructor(options: RunOptions) {
    this.#options = options;
    const { program, args, onStart } = options;
    this.#child = startProgram(program, args);
    if (this.#child.pid !== undefined) onStart?.(this.#child.pid);
    this.#ended = ended(this.#child);
    void readMessages(this.#child, (line) => this.#receive(line)).then(() => {
      this.#messagesEnded = true;
      this.#wake();
    });
  }

  /** Number of frames that ffmpeg has decoded, also those that are not taken. */
  get seen(): number {
    return this.#seen;
  }

  /** Ends ffmpeg at once; resolves when it has ended. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#child.kill('SIGKILL');
    this.#child.stdout.destroy();
    await this.#ended;
  }

  /**
   * Yields the frames; reads no more than the consumer takes, so that ffmpeg waits.
   * @param spare returns memory that may be used again
   * @throws VIDEO_*, MISSING_DEPENDENCY
   */
  async *frames(spare: (size: number) => Uint8Array | undefined): AsyncGenerator<RunFrame> {
    const chunks = this.#child.stdout[Symbol.asyncIterator]();
    let rest: Uint8Array = new Uint8Array(0);
    let first: Shown | undefined;
    for (;;) {
      const shown = await this.#nextShown();
      if (!shown) break;
      first ??= shown;
      const { width, height, ...described } = shown;
      if (width !== first.width || height !== first.height) {
        const change = `${first.width}×${first.height} to ${width}×${height}`;
        throw new RefineDetError(
          'VIDEO_SIZE',
          `the frames of ${this.#options.name} change their size from ${change}`,
        );
      }
      const size = width * height * CHANNELS;
      const data = spare(size) ?? new Uint8Array(size);
      let filled = 0;
      while (filled < size) {
        if (rest.length === 0) {
          const { done, value } = await chunks.next();
          if (done) break;
          rest = value;
        }
        const part = rest.subarray(0, size - filled);
        data.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
      }
      if (filled < size) break;
      yield { data, width, height, channels: CHANNELS, ...described };
    }
    await this.#conclude();
  }

  #receive(line: string): void {
    const { mark } = this.#options;
    const [, filter, ownMark] = FILTER.exec(line) ?? [];
    if (ownMark !== mark) {
      this.#messages.add(line);
      return;
    }
    const base = TIME_BASE.exec(line);
    if (base) this.#tick = Number(base[1]) / Number(base[2]);
    const frame = FRAME.exec(line);
    if (!frame) return;
    this.#lastActivity = performance.now();
    if (filter === SEEN) this.#seen++;
    if (filter !== TAKEN) return;
    const [, ticks, width, height] = frame;
    this.#shown.push({
      index: this.#options.firstIndex + this.#seen - 1,
      // A frame without a time stamp comes from a raw stream.
      time: ticks === 'NOPTS' ? 0 : 1000 * this.#tick * Number(ticks),
      width: Number(width),
      height: Number(height),
      arrival: performance.timeOrigin + performance.now(),
    });
    this.#wake();
  }

  /** Waits for the report of a frame; undefined at the end. */
  async #nextShown(): Promise<Shown | undefined> {
    const { name, stall } = this.#options;
    this.#lastActivity = performance.now();
    while (this.#shown.length === 0 && !this.#messagesEnded) {
      const left = stall === undefined ? undefined : this.#lastActivity + stall - performance.now();
      if (left !== undefined && left <= 0) {
        throw new RefineDetError(
          'VIDEO_STALLED',
          `${name} has sent no frame for ${stall! / 1000} s`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = left === undefined ? undefined : setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#shown.shift();
  }

  /** @throws when ffmpeg did not start, failed, or the rest of the file is missing */
  async #conclude(): Promise<void> {
    const { name, program } = this.#options;
    const { code, failure } = await this.#ended;
    if (failure) throw notStarted(program, failure);
    if (this.#isKilled) return;
    const { errors } = this.#messages;
    const missing = errors.find((error) => MISSING.test(error));
    if (code !== 0) throw ffmpegError(name, code, errors);
    if (missing) throw ffmpegError(name, code, [missing]);
    if (this.#seen === 0 && errors.length > 0) throw ffmpegError(name, code, errors);
  }
}
