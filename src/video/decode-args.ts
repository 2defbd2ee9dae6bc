/** The command line of ffmpeg that decodes to raw RGB frames. */
import type { Probed } from './probe.ts';
import type { Source } from './video-source.ts';
import type { VideoOptions } from './video-types.ts';

/** Names of the filters that report frames: all of them, and those that are taken. */
export const SEEN = 'seen';
export const TAKEN = 'taken';

/**
 * Times are those of the file: `-copyts` keeps them when decoding starts in the middle,
 * `-start_at_zero` counts from the start of the file, `passthrough` neither repeats nor drops frames.
 * @param inputOptions options before `-i`
 */
export function decodeArgs(
  { input, kind }: Source,
  inputOptions: readonly string[],
  options: VideoOptions,
  probed: Probed | undefined,
): string[] {
  const { start } = options;
  const isLive = kind === 'rtsp' || kind === 'camera';
  // With microseconds, which is all that ffmpeg reads. The reader stops at the end by itself.
  const from = start ? ['-ss', (start / 1000).toFixed(6)] : [];
  return [
    // showinfo reports frames as information.
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'],
    ...['-copyts', '-start_at_zero'],
    ...inputOptions,
    ...(isLive ? ['-fflags', 'nobuffer'] : []),
    ...[...from, '-i', input, '-map', `0:${probed?.stream ?? 'v:0'}`],
    ...['-vf', filters(options, kind, probed), '-fps_mode', 'passthrough'],
    // Frames go to the pipe in one piece instead of through a buffer of ffmpeg.
    ...['-pix_fmt', 'rgb24', '-f', 'rawvideo', '-avioflags', 'direct', 'pipe:1'],
  ];
}

function filters(options: VideoOptions, kind: Source['kind'], probed: Probed | undefined): string {
  const { every = 1, fps, deinterlace = probed?.isInterlaced } = options;
  const selections = [
    ...(every > 1 ? [`not(mod(n,${every}))`] : []),
    // The first frame of each tick of a clock with that rate.
    ...(fps !== undefined && kind !== 'sequence'
      ? [`isnan(prev_selected_t)+gt(${tick('t', fps)},${tick('prev_selected_t', fps)})`]
      : []),
  ];
  return [
    ...(deinterlace ? ['bwdif=mode=send_frame:deint=interlaced'] : []),
    `showinfo@${SEEN}=checksum=0`,
    ...selections.map((selection) => `select='${selection}'`),
    `showinfo@${TAKEN}=checksum=0`,
  ].join(',');
}

/** Rounding errors of times must not move a frame to the tick before. */
const SLACK = 1e-6;

const tick = (time: string, fps: number) => `floor(${time}*${fps}+${SLACK})`;
