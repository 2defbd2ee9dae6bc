/** Detection in every frame of a video, as an async iterator. */
import type { Detection } from '../boxes.ts';
import type { DetectOptions } from '../detection/detect-options.ts';
import type { ImageSource } from '../detection/image-source.ts';
import { throwIfAborted } from '../errors.ts';
import { untilAborted } from '../interruption.ts';
import { checkValue, oneOf } from '../option-checks.ts';
import { createTracker, type TrackerName, type TrackOptions } from './create-tracker.ts';
import { type FramePolicy, readFrames, type StreamSource } from './read-frames.ts';
import { cellColors, SceneCuts } from './scene-cut.ts';
import { closeFrame, type Frame } from './stream-frame.ts';
import type { TrackedDetection } from './tracker.ts';

/** Options of a stream: options of every detection, and of tracking. */
export interface StreamOptions extends DetectOptions {
  /** Gives each object an id that stays the same from frame to frame; `true` is ByteTrack. Default false. */
  track?: boolean | TrackerName | TrackOptions;
  /**
   * `newest`: a frame that arrives during a detection replaces the waiting one. `all`: every frame is
   * detected. Default: `newest` for a video or a camera (always), `all` for images.
   */
  frames?: FramePolicy;
}

/** Result for one frame. */
export interface StreamResult {
  /** Detections, best first; with ids when tracking. */
  detections: (Detection & Partial<Pick<TrackedDetection, 'trackId'>>)[];
  /** Number of the frame in its source, from 0. */
  index: number;
  /** Milliseconds on the video's clock; for a camera or images, since the start of the stream. */
  time: number;
  /** Number of frames dropped so far. */
  dropped: number;
}

/** The part of a detector that a stream uses. */
export interface FrameDetector {
  /** Maximum number of frames in detection at the same time. */
  readonly limit: number;
  /**
   * Detects objects in a frame and takes ownership of it.
   * @returns undefined for a frame that is lost, while later frames are not
   */
  detectFrame(image: ImageSource, options: DetectOptions): Promise<Detection[] | undefined>;
}

const POLICY = oneOf(['all', 'newest'] satisfies FramePolicy[]);

/**
 * Yields results in the order of the frames, each as soon as it is ready; ends with the source. An error
 * of the source comes after the results of all frames before it. Closes frames that have a `close`
 * method (VideoFrame, ImageBitmap). Leaving the loop ends the stream.
 * @throws INVALID_OPTION, INVALID_ARGUMENT, and the errors of detection and of the source
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
  /** How the source has ended. */
  let end: { error?: unknown } | undefined;
  let yielded = 0;

  const detect = async (frame: Frame): Promise<Found | undefined> => {
    try {
      // Must happen before the frame is transferred.
      const colors = cuts && (await cellColors(frame.image));
      const detections = await detector.detectFrame(frame.image, options);
      return detections && { frame, colors, detections };
    } finally {
      closeFrame(frame);
    }
  };

  try {
    for (;;) {
      throwIfAborted(signal);
      if (!end && underWay.length < detector.limit) reading ??= handled(frames.next());
      if (!reading && underWay.length === 0) {
        if (end && 'error' in end) throw end.error;
        return;
      }
      const waiting: Promise<unknown>[] = [];
      const isRead = () => 'frame';
      if (reading) waiting.push(reading.then(isRead, isRead));
      if (underWay.length > 0) waiting.push(underWay[0].then(() => 'found'));
      const event = await untilAborted(signal, Promise.race(waiting));
      if (event === 'frame') {
        try {
          const { done, value } = await reading!;
          if (done) end = {};
          else underWay.push(handled(detect(value)));
        } catch (error) {
          end = { error };
        }
        reading = undefined;
      } else if (event === 'found') {
        const found = await underWay.shift()!;
        if (!found) continue;
        const { index, time, position = index } = found.frame;
        if (found.colors && cuts?.isCut(found.colors)) tracker?.reset();
        const detections = tracker ? tracker.update(found.detections) : found.detections;
        yield { detections, index, time, dropped: position - yielded };
        yielded++;
      }
    }
  } finally {
    reading?.then(({ done, value }) => !done && closeFrame(value)).catch(() => {});
    // Not awaited: a source that waits for its next frame would delay the end of the stream.
    frames.return?.()?.catch(() => {});
  }
}

interface Found {
  frame: Frame;
  /** Mean colors of the cells, for scene cuts. */
  colors?: Float32Array;
  detections: Detection[];
}

/** Marks a promise as handled, because its failure is reported where it is awaited later. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
