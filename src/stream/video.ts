/** Reads the newest frames of a playing video or a camera. */
import { RefineDetError } from '../errors.ts';
import type { Frame } from './stream-frame.ts';

/** Yields frames until the video or the last track of the stream ends. */
export async function* videoFrames(source: HTMLVideoElement | MediaStream): AsyncGenerator<Frame> {
  const isElement = 'videoWidth' in source;
  const video = isElement ? source : await play(source);
  const watcher = new FrameWatcher(video, isElement ? [] : source.getVideoTracks());
  try {
    while (await watcher.fresh()) {
      const { index, time } = watcher;
      yield { image: await createImageBitmap(video), index, time };
    }
  } finally {
    watcher.stop();
    if (!isElement) video.srcObject = null; // the caller stops the tracks
  }
}

async function play(stream: MediaStream): Promise<HTMLVideoElement> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  try {
    await video.play();
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new RefineDetError('INVALID_ARGUMENT', `the camera stream does not play: ${reason}`, {
      cause,
    });
  }
  return video;
}

/** Detects whether the video shows a new frame. */
class FrameWatcher {
  /** Number of frames shown before the current one. */
  index = 0;
  /** Time of the current frame in milliseconds. */
  time = 0;
  readonly #video: HTMLVideoElement;
  readonly #listening = new AbortController();
  #callback = 0;
  #hasFresh = false;
  #hasEnded = false;
  /** Media time of the newest frame; after a seek, any frame is newer. */
  #newest = Number.NEGATIVE_INFINITY;
  #first: { presented: number; now: number } | undefined;
  /** Whether the source is a camera, which has no clock of its own. */
  readonly #isLive: boolean;
  #wake = () => {};

  constructor(video: HTMLVideoElement, tracks: readonly MediaStreamTrack[]) {
    this.#video = video;
    this.#isLive = tracks.length > 0;
    const end = () => {
      if (tracks.length > 0 && tracks.some(({ readyState }) => readyState === 'live')) return;
      this.#hasEnded = true;
      this.#wake();
    };
    const { signal } = this.#listening;
    for (const event of ['ended', 'error', 'emptied'])
      video.addEventListener(event, end, { signal });
    video.addEventListener(
      'seeking',
      () => {
        this.#newest = Number.NEGATIVE_INFINITY;
      },
      { signal },
    );
    for (const track of tracks) track.addEventListener('ended', end, { signal });
    this.#hasEnded = video.ended;
    this.#watch();
  }

  /** Waits for a new frame; resolves to false at the end. */
  async fresh(): Promise<boolean> {
    if (!this.#hasFresh && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const { error } = this.#video;
    if (error) {
      throw new RefineDetError('IMAGE_CORRUPT', `the video cannot be played: ${error.message}`);
    }
    const isFresh = this.#hasFresh;
    this.#hasFresh = false;
    return isFresh;
  }

  stop(): void {
    this.#listening.abort();
    this.#video.cancelVideoFrameCallback(this.#callback);
  }

  #watch(): void {
    this.#callback = this.#video.requestVideoFrameCallback((now, metadata) => {
      this.#watch();
      // On a busy machine, Firefox may report a frame twice, or after later ones.
      if (!this.#isLive && metadata.mediaTime <= this.#newest) return;
      this.#newest = metadata.mediaTime;
      this.#first ??= { presented: metadata.presentedFrames, now };
      this.index = metadata.presentedFrames - this.#first.presented;
      this.time = this.#isLive ? now - this.#first.now : 1000 * metadata.mediaTime;
      this.#hasFresh = true;
      this.#wake();
    });
  }
}
