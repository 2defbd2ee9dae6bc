/** `refinedet detect` on a video: frames in, lines and an annotated video out. */
import { readText } from '../../datasets/dataset-files.ts';
import { resolveDetectOptions } from '../../detection/detect-options.ts';
import type { Detector } from '../../detector-contract.ts';
import { RefineDetError } from '../../errors.ts';
import { startRunner, workersFor } from '../../runner/runner.ts';
import type { TrackerName } from '../../stream/create-tracker.ts';
import { detectStream, type StreamResult } from '../../stream/stream.ts';
import { ZoneCounter, type ZoneTotals } from '../../stream/zone-counter.ts';
import { parseZones, type Zones } from '../../stream/zones.ts';
import { FrameAnnotator } from '../../video/frame-annotator.ts';
import { openVideo, type Video } from '../../video/open-video.ts';
import type { DecodedFrame, VideoInfo } from '../../video/video-types.ts';
import { interruptSignal } from '../interrupt.ts';
import { loadNamedModel } from '../model-source.ts';
import { counted } from '../printable.ts';
import { Progress } from '../progress.ts';
import { outputClosed, warn } from '../terminal.ts';
import type { DetectFlags } from './detect-command-options.ts';
import { detectOptions } from './detect-flags.ts';
import { VideoOutputs } from './video-outputs.ts';

/** ByteTrack follows hidden objects by detections down to this score. */
const TRACKED_SCORE = 0.1;
const REPORTED_SCORE = 0.5;

/** @throws USAGE, VIDEO_*, MISSING_DEPENDENCY, and what detection throws */
export async function runVideo(source: string, flags: DetectFlags): Promise<void> {
  const signal = interruptSignal();
  const track = trackerOf(flags);
  const options = await detectOptions(flags);
  const reported = flags.threshold ?? REPORTED_SCORE;
  if (track === 'bytetrack') options.scoreThreshold = Math.min(reported, TRACKED_SCORE);
  const zones = flags.zones === undefined ? undefined : parseZones(await readText(flags.zones));
  const { every, fps, start, end, reconnect, stall, ffmpeg } = flags;
  const choice = { every, fps, start, end, reconnect, stall, ffmpeg };
  const video = openVideo(source, { ...choice, warn, signal });
  const info = await video.info();
  const model = await loadNamedModel(flags.model, signal);
  resolveDetectOptions(options, model.config);
  const outputs = await VideoOutputs.create(source, video.name, flags);
  const { compute, threads, inputSize } = flags;
  const workers = workersFor(Number.POSITIVE_INFINITY, flags.workers);
  const { detector } = await startRunner(model, {
    workers,
    compute,
    threads,
    inputSize,
    warn,
    signal,
  });
  const frames = new KeptFrames(video);
  // The next frame of a live source is read when the detector is free: a frame read ahead gets old.
  const { concurrency } = detector;
  const limit = info.live ? Math.max(1, concurrency - 1) : concurrency;
  const detectFrame: Detector['detect'] = (image, settings) => detector.detect(image, settings);
  const results = detectStream({ limit, detectFrame }, frames, { ...options, track, signal });
  try {
    const run = new VideoRun(video, info, frames, outputs, flags, zones, reported);
    await run.over(results);
  } finally {
    await detector.dispose();
  }
}

/** @throws USAGE */
function trackerOf({ track, zones, format }: DetectFlags): TrackerName | false {
  if (track === 'iou' || track === 'bytetrack') return track;
  if (typeof track === 'string' && track !== 'byte') {
    throw new RefineDetError('USAGE', `--track must be bytetrack or iou, not "${track}"`);
  }
  return track || zones !== undefined || format === 'mot' ? 'bytetrack' : false;
}

/** Hands frames to the detector and keeps them until their results come. */
class KeptFrames implements AsyncIterable<DecodedFrame> {
  readonly #video: Video;
  readonly #kept = new Map<number, DecodedFrame>();
  /** Failure of the source: it is reported after the results of all frames before it. */
  failure: unknown;

  constructor(video: Video) {
    this.#video = video;
  }

  [Symbol.asyncIterator](): AsyncIterator<DecodedFrame> {
    const frames = this.#video[Symbol.asyncIterator]();
    return {
      next: async () => {
        try {
          const next = await frames.next();
          if (!next.done) this.#kept.set(next.value.index, next.value);
          return next as IteratorResult<DecodedFrame>;
        } catch (error) {
          this.failure = error;
          return { done: true, value: undefined };
        }
      },
      return: async () => {
        await frames.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  /** Takes the frame of a result; those before it were lost with a worker. */
  take(index: number): DecodedFrame {
    const frame = this.#kept.get(index)!;
    for (const kept of this.#kept.keys()) if (kept <= index) this.#kept.delete(kept);
    return frame;
  }
}

class VideoRun {
  readonly #video: Video;
  readonly #info: VideoInfo;
  readonly #frames: KeptFrames;
  readonly #outputs: VideoOutputs;
  readonly #flags: DetectFlags;
  readonly #reported: number;
  readonly #counter: ZoneCounter | undefined;
  readonly #annotator: FrameAnnotator | undefined;
  readonly #progress: Progress;
  #done = 0;
  #dropped = 0;

  constructor(
    video: Video,
    info: VideoInfo,
    frames: KeptFrames,
    outputs: VideoOutputs,
    flags: DetectFlags,
    zones: Zones | undefined,
    reported: number,
  ) {
    this.#video = video;
    this.#info = info;
    this.#frames = frames;
    this.#outputs = outputs;
    this.#flags = flags;
    this.#reported = reported;
    this.#counter = zones && new ZoneCounter(zones);
    this.#annotator = outputs.writer && new FrameAnnotator(zones);
    this.#progress = new Progress(expectedFrames(info, flags), { ...flags, unit: 'frames' });
  }

  async over(results: AsyncIterable<StreamResult>): Promise<void> {
    let failure: unknown;
    try {
      for await (const result of results) {
        await this.#deliver(result);
        if (this.#outputs.prints && outputClosed()) break;
      }
      failure = this.#frames.failure;
    } catch (error) {
      // What was found until then is kept, whether the source or the user ended it.
      failure = error;
    }
    this.#progress.stop();
    await this.#finish(failure);
    if (failure instanceof RefineDetError && failure.code === 'ABORTED') {
      const done = `interrupted after ${counted(this.#done, 'frame')}`;
      throw new RefineDetError('ABORTED', [done, ...this.#outputs.places].join('; '));
    }
    if (failure) throw failure;
    this.#summarize();
  }

  async #deliver({ detections: all, index, time, dropped }: StreamResult): Promise<void> {
    const frame = this.#frames.take(index);
    const { width, height, arrival } = frame;
    const detections = all.filter(
      ({ trackId, score }) => trackId !== undefined || score >= this.#reported,
    );
    const events = this.#counter?.update(detections, { index, time, width, height }) ?? [];
    if (this.#outputs.prints && process.stdout.isTTY) this.#progress.clear();
    const source = this.#video.name;
    await this.#outputs.add({ source, frame: index, time, width, height, detections }, events);
    const { writer } = this.#outputs;
    if (writer && this.#annotator) {
      const totals = this.#counter?.totals;
      await writer.write(this.#annotator.draw(frame, detections, time, totals), time);
    }
    this.#done++;
    this.#dropped = dropped;
    const latency = performance.timeOrigin + performance.now() - arrival;
    const note = `  ${Math.round(latency)} ms latency  ${dropped} dropped`;
    this.#progress.advance(this.#info.live ? note : '');
  }

  async #finish(failure: unknown): Promise<void> {
    try {
      await this.#outputs.finish(this.#counter?.totals);
      const { audio, live } = this.#info;
      const { start = 0 } = this.#flags;
      const sound = audio && !live && !/^\w+:\/\//.test(this.#video.name);
      const file = this.#video.name;
      await this.#outputs.writer?.finish(sound ? { file, codec: audio, start } : undefined);
    } catch (error) {
      await this.#outputs.discard();
      throw failure ?? error;
    }
  }

  #summarize(): void {
    if (this.#flags.quiet) return;
    const parts = [
      counted(this.#done, 'frame'),
      ...(this.#dropped > 0 ? [`${this.#dropped} dropped`] : []),
      `${this.#progress.rate.toFixed(1)} frames/s`,
    ];
    const lines = [[parts.join(', '), ...this.#outputs.places].join('; ')];
    if (this.#counter) lines.push(...totalLines(this.#counter.totals));
    process.stderr.write(lines.map((line) => `refinedet: ${line}\n`).join(''));
  }
}

function totalLines({ lines, zones }: ZoneTotals): string[] {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  return [
    ...Object.entries(lines).map(
      ([name, { forward, backward }]) => `${name}: ${forward} forward, ${backward} backward`,
    ),
    ...Object.entries(zones).map(
      ([name, { entries, exits, occupancy, dwell }]) =>
        `${name}: ${entries} in, ${exits} out, ${occupancy} inside, ${seconds(dwell.time)} in all`,
    ),
  ];
}

/** Number of results to expect, Infinity for a live source. */
function expectedFrames(info: VideoInfo, { every = 1, fps, start = 0, end }: DetectFlags): number {
  const { live, duration, frameRate = 0 } = info;
  if (live) return Number.POSITIVE_INFINITY;
  const seconds = (Math.min(end ?? Number.POSITIVE_INFINITY, duration ?? 0) - start) / 1000;
  return Math.max(0, Math.round(seconds * Math.min(fps ?? frameRate, frameRate / every)));
}
