/** Asks ffprobe about a file or a stream before it is decoded. */
import { RefineDetError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { ffmpegError, ffprobePath, frameSizeError, QUIET, runProgram } from './ffmpeg.ts';
import type { Source } from './video-source.ts';
import type { VideoInfo } from './video-types.ts';

/** Formats of files that open other files, or show text as video. */
const REFERRING = new Set([
  ...['concat', 'dash', 'hls', 'image2', 'imf', 'lavfi', 'rtp', 'rtsp', 'sap', 'sdp'],
  ...['tty', 'vobsub', 'webm_dash_manifest'],
]);
/**
 * Formats whose index knows the key frames and whose packets have the times of their frames. In others,
 * ffmpeg may start behind the wanted frame, or not at all.
 */
const SEEKABLE = /^(mov|matroska),/;
/** Line of `ffmpeg -demuxers`: ` D  mov,mp4,m4a  QuickTime / MOV`. */
const DEMUXER = /^ D.{0,3} ([\w,]+) /gm;
/** Half a microsecond: ffmpeg reads and prints times with six decimals. */
export const HALF_STEP = 0.5e-6;
/** Seconds beyond a time after which packets of frames before it can come: B-frames. */
const REORDERING = 10;

/** What ffprobe finds out. */
export interface Probed extends Omit<VideoInfo, 'live'> {
  /** Number of the stream, for `-map`. */
  stream: number;
  isInterlaced: boolean;
  /** Factor of the width of upright frames whose pixels are not square. */
  stretch?: number;
  /** Milliseconds of the images alone, where the file has them. */
  imageDuration?: number;
  /** Number of the images, where the file tells it. */
  imageCount?: number;
  /** Seconds on the clock of the file at which it starts. */
  startTime: number;
  /** Whether decoding can start in the middle. */
  isSeekable: boolean;
}

interface ProbedStream {
  index: number;
  codec_type: string;
  codec_name?: string;
  width?: number;
  height?: number;
  sample_aspect_ratio?: string;
  field_order?: string;
  avg_frame_rate?: string;
  nb_frames?: string;
  duration?: string;
  disposition?: { attached_pic?: number };
  side_data_list?: { rotation?: number }[];
}

const formats = new Map<string, Promise<string>>();

/** Returns the formats that may be opened, as ffmpeg's `-format_whitelist` takes them. */
export function selfContainedFormats(ffmpeg: string): Promise<string> {
  const known = formats.get(ffmpeg) ?? listFormats(ffmpeg);
  known.catch(() => formats.delete(ffmpeg));
  formats.set(ffmpeg, known);
  return known;
}

async function listFormats(ffmpeg: string): Promise<string> {
  const { output } = await runProgram(ffmpeg, [...QUIET, '-demuxers']);
  const names = Array.from(output.matchAll(DEMUXER), ([, name]) => name);
  return names.filter((name) => !name.split(',').some((one) => REFERRING.has(one))).join(',');
}

/**
 * Reads the description of a source.
 * @param options ffmpeg's options before `-i`
 * @throws VIDEO_*, MISSING_DEPENDENCY, ABORTED
 */
export async function probe(
  { name, input, kind }: Source,
  options: readonly string[],
  { ffmpeg, stall, signal }: { ffmpeg: string; stall: number; signal?: AbortSignal },
): Promise<Probed> {
  const entries =
    'stream=index,codec_type,codec_name,width,height,sample_aspect_ratio,field_order,avg_frame_rate,nb_frames,duration:stream_disposition=attached_pic:stream_side_data=rotation:format=format_name,duration,start_time';
  const args = [...QUIET, ...options, '-show_entries', entries, '-of', 'json', '-i', input];
  // A server may keep a connection alive and send nothing of use.
  const run = { signal, limit: 2 * stall };
  const { code, isLate, output, errors } = await runProgram(ffprobePath(ffmpeg), args, run);
  if (isLate) {
    throw new RefineDetError('VIDEO_STALLED', `${name} has sent nothing for ${stall / 1000} s`);
  }
  if (code !== 0) throw ffmpegError(name, code, errors);
  const { streams = [], format = {} } = parseJson(output) as {
    streams?: ProbedStream[];
    format?: { format_name?: string; duration?: string; start_time?: string };
  };
  const images = streams.find(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  );
  if (!images) throw new RefineDetError('VIDEO_FORMAT', `${name} has no images`);
  const { width = 0, height = 0 } = images;
  if (width * height === 0) {
    if (errors.length > 0) throw ffmpegError(name, code, errors);
    throw frameSizeError(name, width, height);
  }
  const turned = images.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation;
  const isTurned = Math.abs(turned ?? 0) % 180 === 90;
  const size = isTurned ? { width: height, height: width } : { width, height };
  // Photos name their density at will.
  const aspect = kind === 'sequence' ? 1 : pixelAspect(images.sample_aspect_ratio);
  const stretch = isTurned ? 1 / aspect : aspect;
  return {
    width: Math.max(1, Math.round(size.width * stretch)),
    height: size.height,
    ...(stretch !== 1 && { stretch }),
    stream: images.index,
    duration: milliseconds(format.duration),
    imageDuration: milliseconds(images.duration),
    imageCount: Number(images.nb_frames) || undefined,
    startTime: Number(format.start_time) || 0,
    isSeekable: SEEKABLE.test(format.format_name ?? ''),
    frameRate: rate(images.avg_frame_rate),
    isInterlaced: ['tt', 'bb', 'tb', 'bt'].includes(images.field_order ?? ''),
    audio: streams.find(({ codec_type }) => codec_type === 'audio')?.codec_name,
  };
}

/**
 * Counts the frames before a time, by the times of their packets: nothing is decoded.
 * @param start milliseconds
 */
export async function framesBefore(
  start: number,
  { input }: Source,
  options: readonly string[],
  { stream, startTime }: Probed,
  { ffmpeg, signal }: { ffmpeg: string; signal?: AbortSignal },
): Promise<number> {
  const limit = startTime + start / 1000 - HALF_STEP;
  const interval = `%${limit + REORDERING}`;
  const args = [...options, '-select_streams', `${stream}`, '-read_intervals', interval];
  const show = ['-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', '-i', input];
  const { output } = await runProgram(ffprobePath(ffmpeg), [...QUIET, ...args, ...show], {
    signal,
  });
  const packets = output.split('\n').map((line) => line.split(','));
  // Packets with D are decoded, but not shown.
  return packets.filter(
    ([time, flags]) => time !== '' && Number(time) < limit && !flags?.includes('D'),
  ).length;
}

function milliseconds(seconds: string | undefined): number | undefined {
  const value = 1000 * Number(seconds);
  return value > 0 ? value : undefined;
}

/** Differences that nobody sees, and those that are mistakes: standards have up to 2.18. */
const LEAST_ASPECT = 1.01;
const MOST_ASPECT = 4;

/** `16:15`, width to height of a pixel, as a number; 1 where it is unknown or nearly 1. */
function pixelAspect(text = ''): number {
  const [width, height] = text.split(':').map(Number);
  const aspect = width / height;
  const away = Math.max(aspect, 1 / aspect);
  return away >= LEAST_ASPECT && away <= MOST_ASPECT ? aspect : 1;
}

/** `30000/1001` as a number. */
function rate(text: string | undefined): number | undefined {
  const [over, under] = (text ?? '').split('/').map(Number);
  return over > 0 && under > 0 ? over / under : undefined;
}
