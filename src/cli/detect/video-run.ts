/** `refinedet detect` on one video. */
import type { Detector } from '../../detector-contract.ts';
import { RefineDetError } from '../../errors.ts';
import { reportedDetections } from '../../stream/frame-record.ts';
import { detectStream, type StreamOptions, type StreamResult } from '../../stream/stream.ts';
import { ZoneCounter, type ZoneTotals } from '../../stream/zone-counter.ts';
import type { Zones } from '../../stream/zones.ts';
import { FrameAnnotator } from '../../video/frame-annotator.ts';
import { KeptFrames } from '../../video/kept-frames.ts';
import type { Video } from '../../video/open-video.ts';
import type { VideoInfo } from '../../video/video-types.ts';
import { counted, printableLines } from '../printable.ts';
import { Progress } from '../progress.ts';
import { outputClosed } from '../terminal.ts';
import type { DetectFlags } from './detect-command-options.ts';
import type { VideoFiles } from './video-files.ts';

/** What all videos of a command have in common. */
export interface Shared {
  detector: Detector;
  streamOptions: StreamOptions;
  /** Lowest score of a detection without a track. */
  reported: number;
  zones: Zones | undefined;
  flags: DetectFlags;
  /** Whether the command has one video only. */
  isOnly: boolean;
}

export class VideoRun {
  readonly #video: Video;
  readonly #files: VideoFiles;
  readonly #shared: Shared;
  readonly #counter: ZoneCounter | undefined;
  readonly #annotator: FrameAnnotator | undefined;
  readonly #frames: KeptFrames;
  #info!: VideoInfo;
  #progress!: Progress;
  #done = 0;
  #dropped = 0;

  constructor(video: Video, files: VideoFiles, shared: Shared) {
    const { zones } = shared;
    this.#video = video;
    this.#files = files;
    this.#shared = shared;
    this.#frames = new KeptFrames(video);
    this.#counter = zones && new ZoneCounter(zones);
    this.#annotator = files.writer && new FrameAnnotator(zones);
  }

  /** Returns false when nobody reads the output any more. */
  async run(): Promise<boolean> {
    const { flags } = this.#shared;
    this.#info = await this.#video.info();
    this.#progress = new Progress(expectedFrames(this.#info, flags), { ...flags, unit: 'frames' });
    let failure: unknown;
    let isWanted = true;
    try {
      for await (const result of this.#results()) {
        await this.#deliver(result);
        isWanted = !(this.#files.prints && outputClosed());
        if (!isWanted) break;
      }
    } catch (error) {
      // What was found until then is kept, whether the source or the user ended it.
      failure = error;
    }
    this.#progress.stop();
    await this.#finish(failure);
    if (failure instanceof RefineDetError && failure.code === 'ABORTED') {
      const done = `interrupted after ${counted(this.#done, 'frame')}`;
      throw new RefineDetError('ABORTED', [done, ...this.#files.places].join('; '));
    }
    if (failure) throw failure;
    if (!flags.quiet) this.#summarize();
    return isWanted;
  }

  #results(): AsyncGenerator<StreamResult> {
    const { detector, streamOptions } = this.#shared;
    // The next frame of a live source is read when the detector is free: a frame read ahead gets old.
    const { concurrency } = detector;
    const limit = this.#info.live ? Math.max(1, concurrency - 1) : concurrency;
    const detectFrame: Detector['detect'] = (image, settings) => detector.detect(image, settings);
    return detectStream({ limit, detectFrame }, this.#frames, streamOptions);
  }

  async #deliver({ detections: all, index, time, dropped }: StreamResult): Promise<void> {
    const frame = this.#frames.take(index);
    const { width, height, arrival } = frame;
    const detections = reportedDetections(all, this.#shared.reported);
    const events = this.#counter?.update(detections, { index, time, width, height }) ?? [];
    if (this.#files.prints && process.stdout.isTTY) this.#progress.clear();
    const source = this.#video.name;
    await this.#files.add({ source, frame: index, time, width, height, detections });
    await this.#files.addEvents(source, events);
    if (this.#annotator) {
      const totals = this.#counter?.totals;
      const drawn = this.#annotator.draw(frame, detections, time, totals);
      await this.#files.writer!.write(drawn, time);
    }
    this.#done++;
    this.#dropped = dropped;
    const latency = performance.timeOrigin + performance.now() - arrival;
    const note = `  ${Math.round(latency)} ms latency  ${dropped} dropped`;
    this.#progress.advance(this.#info.live ? note : '');
  }

  async #finish(failure: unknown): Promise<void> {
    const { name: file } = this.#video;
    try {
      if (this.#counter) {
        await this.#files.addEvents(file, [{ type: 'totals', ...this.#counter.totals }]);
      }
      const { audio, live } = this.#info;
      const { start = 0 } = this.#shared.flags;
      const sound = audio && !live && !/^\w+:\/\//.test(file);
      await this.#files.finish(sound ? { file, codec: audio, start } : undefined);
    } catch (error) {
      await this.#files.discard();
      throw failure ?? error;
    }
  }

  #summarize(): void {
    const parts = [
      counted(this.#done, 'frame'),
      ...(this.#dropped > 0 ? [`${this.#dropped} dropped`] : []),
      `${this.#progress.rate.toFixed(1)} frames/s`,
    ];
    const name = this.#shared.isOnly ? '' : `${this.#video.name}: `;
    const lines = [name + [parts.join(', '), ...this.#files.places].join('; ')];
    if (this.#counter) lines.push(...totalLines(this.#counter.totals));
    process.stderr.write(printableLines(lines.map((line) => `refinedet: ${line}`)));
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
