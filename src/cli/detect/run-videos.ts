/** `refinedet detect` on videos: frames in, lines and annotated videos out, one video after another. */
import { readText } from '../../datasets/dataset-files.ts';
import { resolveDetectOptions } from '../../detection/detect-options.ts';
import { RefineDetError } from '../../errors.ts';
import { startRunner, workersFor } from '../../runner/runner.ts';
import type { TrackOptions } from '../../stream/create-tracker.ts';
import { TRACKED_SCORE } from '../../stream/frame-record.ts';
import { parseZones } from '../../stream/zones.ts';
import { openVideo, type Video } from '../../video/open-video.ts';
import { isAddress } from '../../video/video-source.ts';
import { EXIT_FAILURE, reportError } from '../describe-error.ts';
import { interruptSignal } from '../interrupt.ts';
import { loadNamedModel } from '../model-source.ts';
import { counted, printable } from '../printable.ts';
import { warn } from '../terminal.ts';
import type { DetectFlags } from './detect-command-options.ts';
import { detectOptions } from './detect-flags.ts';
import { VideoOutputs } from './video-outputs.ts';
import { VideoRun } from './video-run.ts';

const REPORTED_SCORE = 0.5;
/** Failures of one video of several, which do not stop the others. */
const OWN_FAILURES = /^(VIDEO_\w+|FILE_NOT_FOUND|INVALID_ARGUMENT)$/;

/** @throws USAGE, VIDEO_*, MISSING_DEPENDENCY, and what detection throws */
export async function runVideos(sources: readonly string[], flags: DetectFlags): Promise<void> {
  const signal = interruptSignal();
  const track = trackerOf(flags);
  const options = await detectOptions(flags);
  const reported = flags.threshold ?? REPORTED_SCORE;
  if (track && track.tracker !== 'iou') options.scoreThreshold = Math.min(reported, TRACKED_SCORE);
  const zones = flags.zones === undefined ? undefined : parseZones(await readText(flags.zones));
  const { every, fps, start, end, reconnect, stall, ffmpeg } = flags;
  const choice = { every, fps, start, end, reconnect, stall, ffmpeg };
  const videos = sources.map((source) => openVideo(source, { ...choice, warn, signal }));
  const isOnly = videos.length === 1;
  if (isOnly) await videos[0].info();
  else await requireEnds(videos);
  const model = await loadNamedModel(flags.model, signal);
  resolveDetectOptions(options, model.config);
  const outputs = await VideoOutputs.create(sources, flags);
  const { threads, compute, inputSize, backend } = flags;
  const workers = workersFor(Number.POSITIVE_INFINITY, flags.workers);
  const setup = { workers, threads, compute, inputSize, backend, warn, signal };
  const { detector } = await startRunner(model, setup).catch(async (error) => {
    await outputs.discard();
    throw error;
  });
  const streamOptions = { ...options, track, signal };
  try {
    for (const [i, video] of videos.entries()) {
      try {
        await video.info(); // fails before there are files
        const files = await outputs.open(sources[i]);
        const shared = { detector, streamOptions, reported, zones, flags, isOnly };
        const isWanted = await new VideoRun(video, files, shared).run();
        if (!isWanted) break;
      } catch (error) {
        if (isOnly || !(error instanceof RefineDetError && OWN_FAILURES.test(error.code))) {
          throw error;
        }
        reportError(error);
        process.exitCode = EXIT_FAILURE;
      }
    }
  } catch (error) {
    // What was found until then is kept; the first failure is the one to report.
    await outputs.finish().catch(() => {});
    throw error;
  } finally {
    await detector.dispose();
  }
  await outputs.finish();
  if (isOnly || flags.quiet) return;
  const summary = [counted(videos.length, 'video'), ...outputs.places].join('; ');
  process.stderr.write(`refinedet: ${printable(summary)}\n`);
}

/** @throws USAGE when one of several videos is live: those behind it would never come */
async function requireEnds(videos: readonly Video[]): Promise<void> {
  for (const video of videos) {
    if (!isAddress(video.name)) continue;
    // A video that cannot be read is reported in its turn.
    const info = await video.info().catch(() => undefined);
    if (!info?.live) continue;
    throw new RefineDetError('USAGE', `${video.name} is live and has no end: it goes alone`);
  }
}

/** @throws USAGE */
function trackerOf({ track, zones, format, resetOnCut }: DetectFlags): TrackOptions | false {
  const words = [undefined, true, 'byte', 'bytetrack', 'iou'];
  if (!words.includes(track)) {
    throw new RefineDetError('USAGE', `--track must be bytetrack or iou, not "${track}"`);
  }
  if (!track && zones === undefined && format !== 'mot') {
    if (!resetOnCut) return false;
    throw new RefineDetError('USAGE', '--reset-on-cut needs --track: only tracks are forgotten');
  }
  return { tracker: track === 'iou' ? 'iou' : 'bytetrack', resetOnCut };
}
