/** Video files, streams and cameras as an async iterable of frames. */
import { randomUUID } from 'node:crypto';
import { RefineDetError, throwIfAborted } from '../errors.ts';
import { DEFAULT_MAX_PIXELS } from '../image/header.ts';
import { untilAborted } from '../interruption.ts';
import {
  ABORT_SIGNAL,
  FLAG,
  FUNCTION,
  NOT_NEGATIVE,
  POSITIVE,
  type Rule,
  resolveFields,
  TEXT,
  wholeFrom,
} from '../option-checks.ts';
import { Channel } from '../remote/channel.ts';
import { startThreadWorker } from '../remote/node-wire.ts';
import type { WorkerWire } from '../remote/wire.ts';
import { withoutPassword } from '../without-password.ts';
import { decodeArgs } from './decode-args.ts';
import { ffmpegPath, frameSizeError } from './ffmpeg.ts';
import { framesBefore, type Probed, probe, selfContainedFormats } from './probe.ts';
import type { ReadPlan } from './video-reader.ts';
import { findSource, type Source } from './video-source.ts';
import type { DecodedFrame, VideoInfo, VideoOptions } from './video-types.ts';

const DEFAULT_STALL = 10_000;
/** A file whose images end earlier than this share of their duration and number is truncated. */
const COMPLETE = 0.9;

const ATTEMPTS: Rule = [
  (v) => v === Number.POSITIVE_INFINITY || wholeFrom(0)[0](v),
  'a whole number from 0, or Infinity',
];
const RULES: Record<keyof VideoOptions, Rule> = {
  every: wholeFrom(1),
  fps: POSITIVE,
  start: NOT_NEGATIVE,
  end: POSITIVE,
  live: FLAG,
  reconnect: ATTEMPTS,
  stall: POSITIVE,
  deinterlace: FLAG,
  maxPixels: wholeFrom(1),
  ffmpeg: TEXT,
  warn: FUNCTION,
  signal: ABORT_SIGNAL,
};

type StartWorker = () => WorkerWire;

/**
 * Opens a video: a file, `rtsp://`, `http(s)://` (files, HLS, MJPEG), `camera:0`, `/dev/video0`, or an image
 * sequence such as `frames/%06d.jpg`. ffmpeg of the system decodes; it starts with the first frame
 * that is asked for, waits while frames are not taken, and ends with the loop.
 * @throws INVALID_OPTION, INVALID_ARGUMENT
 */
export function openVideo(source: string, options: VideoOptions = {}): Video {
  return new Video(source, options);
}

const startWorker: StartWorker = () => startThreadWorker('video-worker', import.meta.url);

/** A video that {@link openVideo} has opened. Every loop over it starts from the beginning. */
export class Video implements AsyncIterable<DecodedFrame> {
  /** Name of the source in results and messages: as given, without a password. */
  readonly name: string;
  readonly #source: string;
  readonly #options: VideoOptions;
  readonly #start: StartWorker;
  #opened: Promise<Opened> | undefined;

  /** @internal */
  constructor(source: string, options: VideoOptions, start = startWorker) {
    if (typeof source !== 'string' || source === '' || source.includes('\0')) {
      throw new RefineDetError('INVALID_ARGUMENT', 'the source of a video must be a text');
    }
    this.#options = resolveFields('video', options, {}, RULES);
    const { start: from = 0, end = Number.POSITIVE_INFINITY } = options;
    if (end <= from) {
      throw new RefineDetError('INVALID_OPTION', `video.end must be after start, not ${end}`);
    }
    this.name = withoutPassword(source);
    this.#source = source;
    this.#start = start;
  }

  /**
   * Describes the video; the first call starts ffprobe.
   * @throws FILE_NOT_FOUND, VIDEO_*, MISSING_DEPENDENCY, ABORTED
   */
  async info(): Promise<VideoInfo> {
    const { probed, live } = await this.#open();
    const { width, height, duration, frameRate, audio } = probed ?? {};
    return { live, width, height, duration, frameRate, audio };
  }

  /**
   * Yields the frames. Errors come after the frames before them.
   * @throws as {@link info}
   */
  [Symbol.asyncIterator](): AsyncIterator<DecodedFrame, void> {
    return new FrameIterator(() => this.#plan(), this.#start, this.#options);
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#find().catch((error) => {
      // The next attempt looks again: the camera may be there then.
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #find(): Promise<Opened> {
    const { stall = DEFAULT_STALL, maxPixels = DEFAULT_MAX_PIXELS, fps, signal } = this.#options;
    throwIfAborted(signal);
    const ffmpeg = ffmpegPath(this.#options.ffmpeg);
    const source = await findSource(this.#source, { stall, fps });
    const args = [...source.options, '-max_pixels', String(maxPixels)];
    if (source.kind === 'file') args.push('-format_whitelist', await selfContainedFormats(ffmpeg));
    // Cameras and RTSP describe themselves too late: opening them twice takes seconds.
    const isNetwork = source.kind === 'rtsp' || source.kind === 'camera';
    const probed = isNetwork ? undefined : await probe(source, args, { ffmpeg, stall, signal });
    const { width = 0, height = 0 } = probed ?? {};
    if (width * height > maxPixels) throw frameSizeError(this.name, width, height);
    const isEndless = source.kind !== 'file' && probed?.duration === undefined;
    const { live = isEndless, start } = this.#options;
    if (start && live) {
      throw new RefineDetError('INVALID_OPTION', `video.start needs a file, not ${this.name}`);
    }
    return { ffmpeg, source, args, probed, live };
  }

  async #plan(): Promise<ReadPlan> {
    const { ffmpeg, source, args, probed, live } = await this.#open();
    const { start = 0, end, reconnect, stall = DEFAULT_STALL, signal } = this.#options;
    const isFile = source.kind === 'file' || source.kind === 'sequence';
    const firstIndex =
      start > 0 && probed?.isSeekable
        ? await framesBefore(start, source, args, probed, { ffmpeg, signal })
        : 0;
    const mark = randomUUID().slice(0, 8);
    return {
      program: ffmpeg,
      args: decodeArgs(source, args, this.#options, probed, mark),
      mark,
      name: this.name,
      firstIndex,
      live,
      end: end ?? Number.POSITIVE_INFINITY,
      reconnect: reconnect ?? Number.POSITIVE_INFINITY,
      stall: isFile ? undefined : stall,
      least: leastTime(this.#options, probed),
      enough: COMPLETE * (probed?.imageCount ?? Number.POSITIVE_INFINITY),
    };
  }
}

interface Opened {
  ffmpeg: string;
  source: Source;
  /** Options of ffmpeg before `-i`. */
  args: string[];
  probed: Probed | undefined;
  live: boolean;
}

/** Time that the last frame of a complete file has passed; leaves room for selected frames. */
function leastTime(
  { start = 0, every = 1, fps }: VideoOptions,
  probed: Probed | undefined,
): number {
  const { imageDuration = 0, frameRate = 0 } = probed ?? {};
  // Behind the last frame there is nothing to expect.
  if (start > 0 && start >= imageDuration) return Number.NEGATIVE_INFINITY;
  const step = Math.max(frameRate > 0 ? every / frameRate : 0, fps ? 1 / fps : 0);
  return COMPLETE * imageDuration - 2000 * step;
}

/** Ends for each ffmpeg: threads end with the process, but their children do not. One listener for all. */
const RUNNING = new Set<() => void>();
const killAll = () => {
  for (const kill of RUNNING) kill();
};

/** Reads frames from the thread; `return` ends it at once, also while a frame is awaited. */
class FrameIterator implements AsyncIterator<DecodedFrame, void> {
  readonly #plan: () => Promise<ReadPlan>;
  readonly #start: StartWorker;
  readonly #options: VideoOptions;
  #channel: Promise<Channel> | undefined;
  #pid: number | undefined;
  #isDone = false;
  /** The last call of `next`: calls at the same time get their frames in order. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #killChild = () => {
    if (this.#pid !== undefined) killQuietly(this.#pid);
  };

  constructor(plan: () => Promise<ReadPlan>, start: StartWorker, options: VideoOptions) {
    this.#plan = plan;
    this.#start = start;
    this.#options = options;
  }

  next(): Promise<IteratorResult<DecodedFrame, void>> {
    const read = this.#turn.then(() => this.#read());
    this.#turn = read.catch(() => {});
    return read;
  }

  async #read(): Promise<IteratorResult<DecodedFrame, void>> {
    if (this.#isDone) return { done: true, value: undefined };
    try {
      this.#channel ??= this.#connect();
      const { signal } = this.#options;
      const read = this.#channel.then((channel) => channel.call<DecodedFrame | undefined>('next'));
      const value = await untilAborted(signal, read);
      if (value && !this.#isDone) return { done: false, value };
    } catch (error) {
      const wasDone = this.#isDone;
      await this.return();
      if (!wasDone) throw error;
    }
    return this.return();
  }

  async return(): Promise<IteratorReturnResult<void>> {
    if (!this.#isDone) {
      this.#isDone = true;
      const channel = await this.#channel?.catch(() => undefined);
      await channel?.call('close').catch(() => {});
      RUNNING.delete(this.#killChild);
      if (RUNNING.size === 0) process.off('exit', killAll);
      await channel?.close(new RefineDetError('DISPOSED', 'the video has been closed'));
    }
    return { done: true, value: undefined };
  }

  async #connect(): Promise<Channel> {
    const plan = await this.#plan();
    const { warn = console.warn } = this.#options;
    if (RUNNING.size === 0) process.on('exit', killAll);
    RUNNING.add(this.#killChild);
    const channel = new Channel(
      this.#start(),
      (event, data) => {
        if (event === 'warn') warn(data as string);
        else this.#pid = data as number;
      },
      this.#killChild,
    );
    await channel.call('open', plan);
    return channel;
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
