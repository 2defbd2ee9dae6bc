/** Reads frames of a video, a camera, or any iterable of images. */
import type { ImageSource } from '../detection/image-source.ts';
import { RefineDetError } from '../errors.ts';
import { closeFrame, type Frame, isObject } from './stream-frame.ts';
import { videoFrames } from './video.ts';

/** A playing video, the stream of a camera or screen, or an iterable of images. */
export type StreamSource =
  | HTMLVideoElement
  | MediaStream
  | AsyncIterable<ImageSource>
  | Iterable<ImageSource>;

/** Whether frames that arrive during a detection wait (`all`) or are replaced (`newest`). */
export type FramePolicy = 'all' | 'newest';

/**
 * Reads the frames of any stream source.
 * @param policy default: `newest` for a video or a camera, `all` for images
 * @throws INVALID_ARGUMENT
 */
export function readFrames(source: StreamSource, policy?: FramePolicy): AsyncIterator<Frame> {
  if (isObject(source) && isTagged(source, 'HTMLVideoElement')) {
    return videoFrames(source as HTMLVideoElement);
  }
  if (isObject(source) && isTagged(source, 'MediaStream')) {
    return videoFrames(source as MediaStream);
  }
  if (isObject(source) && (Symbol.asyncIterator in source || Symbol.iterator in source)) {
    const frames = numbered(source as AsyncIterable<ImageSource> | Iterable<ImageSource>);
    return policy === 'newest' ? newest(frames) : frames;
  }
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `a stream must be a video, a MediaStream or an iterable of images, not ${source === null ? 'null' : typeof source}`,
  );
}

/**
 * Numbers images, unless they are frames that know their position and time. (Not a generator: `return`
 * of the source must be called at once, also while the source waits for its next image.)
 */
function numbered(
  images: AsyncIterable<ImageSource> | Iterable<ImageSource>,
): AsyncIterator<Frame> {
  const start = performance.now();
  const source =
    Symbol.asyncIterator in images ? images[Symbol.asyncIterator]() : images[Symbol.iterator]();
  let count = 0;
  return {
    async next() {
      const { done, value } = await source.next();
      if (done) return { done, value: undefined };
      const image = await value;
      const position = count++;
      const { index = position, time = performance.now() - start, dropped = 0 } = placeOf(image);
      return { done: false, value: { image, index, time, position: position + dropped } };
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** Position and time of a frame of `refinedet/video`. */
function placeOf(image: ImageSource): { index?: number; time?: number; dropped?: number } {
  return isObject(image) && 'index' in image && 'time' in image ? (image as object) : {};
}

/** Reads ahead without waiting for the consumer and keeps only the latest frame. */
function newest(frames: AsyncIterator<Frame>): AsyncIterator<Frame> {
  let latest: Frame | undefined;
  let finished: IteratorResult<Frame> | undefined;
  let failure: { error: unknown } | undefined;
  let wake = () => {};
  const pump = async () => {
    try {
      for (;;) {
        const { done, value } = await frames.next();
        if (done) break;
        if (latest) closeFrame(latest);
        latest = value;
        wake();
      }
    } catch (error) {
      failure = { error };
    }
    finished = { done: true, value: undefined };
    wake();
  };
  let isPumping = false;
  return {
    async next() {
      if (!isPumping) void pump();
      isPumping = true;
      if (!latest && !finished) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (latest) {
        const value = latest;
        latest = undefined;
        return { done: false, value };
      }
      if (failure) throw failure.error;
      return finished!;
    },
    async return() {
      if (latest) closeFrame(latest);
      latest = undefined;
      // Not awaited: the source may be waiting for its next image.
      frames.return?.().catch(() => {});
      return { done: true, value: undefined };
    },
  };
}

function isTagged(value: object, tag: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${tag}]`;
}
