/** Frames of a live source that is opened again when it is lost. */
import { setTimeout as delay } from 'node:timers/promises';
import { RefineDetError } from '../../errors.ts';
import { attemptPause } from '../../video/attempt-pause.ts';
import type { DecodedFrame, VideoInfo } from '../../video/video-types.ts';

/** A video of `openVideo`, or frames from elsewhere; each loop over it starts anew. */
export interface StreamedVideo extends AsyncIterable<DecodedFrame> {
  /** Name in messages, which listeners do not see. */
  readonly name?: string;
  /** Describes the video; without it, a source that ends is not opened again. */
  info?(): Promise<Pick<VideoInfo, 'live'>>;
}

/** Numbers and times go on when the source is opened again. */
export class ReopenedFrames implements AsyncIterable<DecodedFrame>, AsyncIterator<DecodedFrame> {
  readonly #video: StreamedVideo;
  readonly #onLost: (error: unknown, pause: number) => void;
  readonly #stopping = new AbortController();
  #frames: AsyncIterator<DecodedFrame> | undefined;
  #closing: Promise<unknown> | undefined;
  #attempts = 0;
  /** Unix time in milliseconds of the time 0. */
  #start = 0;
  /** Number and drops of the first frame since the source was opened again. */
  #base = { index: 0, dropped: 0 };
  #next = { index: 0, dropped: 0 };

  /** @param onLost receives the error, and the milliseconds until the next attempt */
  constructor(video: StreamedVideo, onLost: (error: unknown, pause: number) => void) {
    this.#video = video;
    this.#onLost = onLost;
  }

  [Symbol.asyncIterator](): AsyncIterator<DecodedFrame> {
    return this;
  }

  async next(): Promise<IteratorResult<DecodedFrame, undefined>> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        this.#frames ??= this.#video[Symbol.asyncIterator]();
        const { done, value } = await this.#frames.next();
        if (!done) return { done, value: this.#placed(value) };
        if (signal.aborted || !(await this.#isLive())) break;
        throw new RefineDetError('VIDEO_LOST', `${this.#video.name} has ended`);
      } catch (error) {
        if (signal.aborted) break;
        if (!(await this.#isLive().catch(() => true))) throw error;
        this.#frames = undefined;
        this.#base = this.#next;
        const pause = attemptPause(this.#attempts++);
        this.#onLost(error, pause);
        await delay(pause, undefined, { signal }).catch(() => {});
      }
    }
    return { done: true, value: undefined };
  }

  /** Closes the source; resolves when it is closed. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#stopping.abort();
    this.#closing ??= this.#frames?.return?.();
    await this.#closing;
    return { done: true, value: undefined };
  }

  async #isLive(): Promise<boolean> {
    return (await this.#video.info?.())?.live ?? false;
  }

  #placed(frame: DecodedFrame): DecodedFrame {
    this.#attempts = 0;
    const { index, dropped } = this.#base;
    if (this.#next.index === 0) this.#start = frame.arrival - frame.time;
    const placed = {
      ...frame,
      index: index + frame.index,
      dropped: dropped + frame.dropped,
      time: index > 0 ? frame.arrival - this.#start : frame.time,
    };
    this.#next = { index: placed.index + 1, dropped: placed.dropped };
    return placed;
  }
}
