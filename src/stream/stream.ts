/** Detection in every frame of a video, as an async iterator. */
import type { Detection } from '../boxes.ts';
import type { DetectOptions } from '../detection/detect-options.ts';
import type { ImageSource } from '../detection/image-source.ts';
import { RefineDetError, throwIfAborted } from '../errors.ts';
import { untilAborted } from '../interruption.ts';
import { checkValue, oneOf } from '../option-checks.ts';
import { createTracker, type TrackerName, type TrackOptions } from './create-tracker.ts';
import { type FramePolicy, readFrames, type StreamSource } from './frames.ts';
import { cellColors, SceneCuts } from './scene-cut.ts';
import { closeFrame, type Frame } from './stream-frame.ts';
import type { TrackedDetection } from './tracker.ts';

/** Options of a stream: those of every detection, and of following objects. */
export interface StreamOptions extends DetectOptions {
  /** Gives objects ids that stay the same from frame to frame; `true` is ByteTrack. Default false. */
  track?: boolean | TrackerName | TrackOptions;
  /**
   * `newest`: frames that come while a detection is running replace one another. `all`: none is
   * left out. Default: `newest` for a video or a camera (always), `all` for images.
   */
  frames?: FramePolicy;
}

/** What was found in one frame. */
export interface StreamResult {
  /** Best first; with ids when tracking. */
  detections: (Detection & Partial<Pick<TrackedDetection, 'id'>>)[];
  /** Number of the frame in its source, from 0. */
  index: number;
  /** Milliseconds on the video's clock; of a camera or images, since the stream began. */
  time: number;
  /** Frames left out so far. */
  dropped: number;
}

/** What a stream needs of a detector. */
export interface FrameDetector {
  /** Frames worth having under way at a time. */
  readonly lanes: number;
  /** Detects in a frame that nobody else will use. */
  detectFrame(image: ImageSource, options: DetectOptions): Promise<Detection[]>;
}

const POLICY = oneOf(['all', 'newest'] satisfies FramePolicy[]);

/**
 * Results in the order of the frames, each when its frame is done; ends with the source. Frames with
 * a `close` method (VideoFrame, ImageBitmap) are closed. Leaving the loop ends the stream.
 * @throws INVALID_OPTION, INVALID_ARGUMENT, and what detecting and the source throw
 */
export async function* detectStream(
  detector: FrameDetector,
  source: StreamSource,
  { track = false, frames: policy, ...options }: StreamOptions = {},
): AsyncGenerator<StreamResult, void, undefined> {
  if (policy !== undefined) checkValue('frames', policy, POLICY);
  const { signal } = options;
  const tracker = track ? createTracker(track) : undefined;
  const cuts = typeof track === 'object' && track.resetOnCut ? new SceneCuts() : undefined;
  const frames = readFrames(source, policy);
  const underWay: Promise<Found | undefined>[] = [];
  let reading: Promise<IteratorResult<Frame>> | undefined;
  let hasEnded = false;
  let yielded = 0;
  let crash: unknown;

  const detect = async (frame: Frame): Promise<Found | undefined> => {
    try {
      // Before the frame is handed over.
      const colors = cuts && (await cellColors(frame.image));
      const detections = await detector.detectFrame(frame.image, options);
      crash = undefined;
      return { frame, colors, detections };
    } catch (error) {
      // Another worker is started: the frames that this one had are lost, the stream is not, unless
      // crashes follow one another.
      if (isCrash(error)) crash ??= error;
      if (error === crash) return undefined;
      throw error;
    } finally {
      closeFrame(frame);
    }
  };

  try {
    for (;;) {
      throwIfAborted(signal);
      if (!hasEnded && underWay.length < detector.lanes) reading ??= handled(frames.next());
      if (!reading && underWay.length === 0) return;
      const waiting: Promise<unknown>[] = [];
      if (reading) waiting.push(reading.then(() => 'frame'));
      if (underWay.length > 0) waiting.push(underWay[0].then(() => 'found'));
      const event = await untilAborted(signal, Promise.race(waiting));
      if (event === 'frame') {
        const { done, value } = await reading!;
        reading = undefined;
        if (done) hasEnded = true;
        else underWay.push(handled(detect(value)));
      } else if (event === 'found') {
        const found = await underWay.shift()!;
        if (!found) continue;
        const { index, time } = found.frame;
        if (found.colors && cuts?.isCut(found.colors)) tracker?.reset();
        const detections = tracker ? tracker.update(found.detections) : found.detections;
        yield { detections, index, time, dropped: index - yielded };
        yielded++;
      }
    }
  } finally {
    reading?.then(({ done, value }) => !done && closeFrame(value)).catch(() => {});
    // Not awaited: a source that waits for its next frame would hold the end of the stream back.
    frames.return?.()?.catch(() => {});
  }
}

interface Found {
  frame: Frame;
  /** For scene cuts. */
  colors?: Float32Array;
  detections: Detection[];
}

/** A promise whose failure is reported where it is awaited, even if that is later. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function isCrash(error: unknown): boolean {
  return error instanceof RefineDetError && error.code === 'WORKER_CRASHED';
}
