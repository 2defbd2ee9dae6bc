/** The command line of ffmpeg that decodes to raw RGB frames. */
import { HALF_STEP, type Probed } from './probe.ts';
import type { Source } from './video-source.ts';
import type { VideoOptions } from './video-types.ts';

/** Names of the filters that report frames: all of them, and those that are taken. A mark follows. */
export const SEEN = 'seen';
export const TAKEN = 'taken';

/**
 * Times are those of the file: `-copyts` keeps them when decoding starts in the middle,
 * `-start_at_zero` counts from the start of the file, `passthrough` neither repeats nor drops frames.
 * @param inputOptions options before `-i`
 * @param mark letters in the names of the filters, which the name and the texts of a file cannot guess:
 *   ffmpeg prints them among the reports
 */
export function decodeArgs(
  { input, kind }: Source,
  inputOptions: readonly string[],
  options: VideoOptions,
  probed: Probed | undefined,
  mark: string,
): string[] {
  const isLive = kind === 'rtsp' || kind === 'camera';
  const from = seekTime(options, probed);
  const seek = from > 0 ? ['-noaccurate_seek', '-ss', from.toFixed(6)] : [];
  return [
    // showinfo reports frames as information.
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'],
    ...['-copyts', '-start_at_zero'],
    ...inputOptions,
    ...(isLive ? ['-fflags', 'nobuffer'] : []),
    // The reader stops at the end by itself.
    ...[...seek, '-i', input, '-map', `0:${probed?.stream ?? 'v:0'}`],
    ...['-vf', filters(options, kind, probed, mark), '-fps_mode', 'passthrough'],
    // Frames go to the pipe in one piece instead of through a buffer of ffmpeg.
    ...['-pix_fmt', 'rgb24', '-f', 'rawvideo', '-avioflags', 'direct', 'pipe:1'],
  ];
}

/** Seconds before the start at which decoding begins, at least: frames are stored in another order. */
const LEAD = 5;
/** Frames before the start, at least: twice the longest reordering of H.264 and H.265. */
const LEAD_FRAMES = 32;

/**
 * Returns the time in seconds at which decoding begins. ffmpeg's own exact seek starts behind the wanted
 * frame where that is stored behind a later key frame (open GOP).
 */
function seekTime({ start = 0 }: VideoOptions, probed: Probed | undefined): number {
  if (!probed?.isSeekable) return 0;
  return start / 1000 - Math.max(LEAD, LEAD_FRAMES / (probed.frameRate ?? 1));
}

function filters(
  options: VideoOptions,
  kind: Source['kind'],
  probed: Probed | undefined,
  mark: string,
): string {
  const { start = 0, every = 1, fps, deinterlace = probed?.isInterlaced } = options;
  const stretch = probed?.stretch;
  const seen = `showinfo@${SEEN}-${mark}=checksum=0`;
  const first = start > 0 ? [`select='gte(t,${(start / 1000 - HALF_STEP).toFixed(7)})'`] : [];
  const selections = [
    ...(every > 1 ? [`not(mod(n,${every}))`] : []),
    // The first frame of each tick of a clock with that rate.
    ...(fps !== undefined && kind !== 'sequence'
      ? [`isnan(prev_selected_t)+gt(${tick('t', fps)},${tick('prev_selected_t', fps)})`]
      : []),
  ];
  return [
    ...(deinterlace ? ['bwdif=mode=send_frame:deint=interlaced'] : []),
    // Frames before the start have been counted already, or are counted here.
    ...(probed?.isSeekable ? [...first, seen] : [seen, ...first]),
    ...selections.map((selection) => `select='${selection}'`),
    ...(stretch ? [`scale='max(1,round(iw*${stretch}))':ih`] : []),
    `showinfo@${TAKEN}-${mark}=checksum=0`,
  ].join(',');
}

/** Rounding errors of times must not move a frame to the tick before. */
const SLACK = 1e-6;

const tick = (time: string, fps: number) => `floor(${time}*${fps}+${SLACK})`;
