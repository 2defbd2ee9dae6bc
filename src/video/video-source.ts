/** Recognizes sources of video, and what ffmpeg needs to open each kind safely. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { RefineDetError } from '../errors.ts';
import { withoutPassword } from '../without-password.ts';

export type SourceKind = 'file' | 'sequence' | 'http' | 'rtsp' | 'camera';

export interface Source {
  kind: SourceKind;
  /** Name in results and messages: without a password. */
  name: string;
  /** The argument of ffmpeg's `-i`. */
  input: string;
  /** Options before `-i` that belong to this kind. */
  options: string[];
}

/** Extensions that mean a video; the content is not read. */
const VIDEO_NAME =
  /\.(mp4|m4v|mov|qt|mkv|webm|avi|mpe?g|m2v|ts|m2ts|mts|vob|flv|wmv|asf|3gp|3g2|ogv|ogm|gif|y4m|mjpe?g|h26[45]|hevc|ivf|nut|mxf|dv|rm|rmvb|m3u8|mpd)$/i;
const SEQUENCE_NAME = /%0?\d*d[^/\\]*\.(jpe?g|png|webp|bmp|tiff?|ppm|pgm)$/i;
const RTSP = /^rtsps?:\/\//i;
const HTTP = /^https?:\/\//i;
const CAMERA = /^camera:(.+)$/;
const DEVICE = /^\/dev\/video\d+$/;

/**
 * Protocols that a source and what it refers to may use. A playlist from the network can reach no local
 * file: `file` is missing there.
 */
const PROTOCOLS: Record<SourceKind, string> = {
  file: 'file',
  sequence: 'file',
  http: 'http,https,httpproxy,tcp,tls,crypto',
  rtsp: 'tcp,tls,udp,rtp,srtp,http,https',
  camera: 'file',
};

/** Images of a sequence before the first one that exists. */
const MOST_MISSING = 100_000;
const SEQUENCE_RATE = 25;
/** ffmpeg counts timeouts in microseconds. */
const MICROSECONDS = 1000;

/** Whether a name is rtsp://…, camera:0 or another address; one letter is a drive of Windows. */
export function isAddress(name: string): boolean {
  return /^\w{2,}:/.test(name) || DEVICE.test(name);
}

/** Whether a name can only mean a video: judged by the name alone, for http by its path. */
export function isVideoName(name: string): boolean {
  if (RTSP.test(name) || CAMERA.test(name) || DEVICE.test(name)) return true;
  if (!HTTP.test(name)) return VIDEO_NAME.test(name) || SEQUENCE_NAME.test(name);
  return URL.canParse(name) && VIDEO_NAME.test(new URL(name).pathname);
}

/**
 * Describes a source to ffmpeg.
 * @throws INVALID_ARGUMENT, FILE_NOT_FOUND
 */
export async function findSource(
  source: string,
  { stall, fps }: { stall: number; fps?: number },
): Promise<Source> {
  const timeout = String(Math.round(stall * MICROSECONDS));
  const described = (kind: SourceKind, input: string, ...options: string[]): Source => ({
    kind,
    name: withoutPassword(source),
    input,
    options: ['-protocol_whitelist', PROTOCOLS[kind], ...options],
  });
  if (RTSP.test(source)) {
    return described('rtsp', source, '-rtsp_flags', 'prefer_tcp', '-timeout', timeout);
  }
  if (HTTP.test(source)) {
    if (!URL.canParse(source)) throw invalid(`${withoutPassword(source)} is not a valid URL`);
    return described('http', source, '-rw_timeout', timeout);
  }
  const camera = DEVICE.test(source) ? source : CAMERA.exec(source)?.[1];
  if (camera !== undefined) {
    const [format, input] = cameraInput(camera);
    return described('camera', input, '-f', format);
  }
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(source)) {
    throw invalid(`${withoutPassword(source)} is not a file, rtsp:// or http(s)://`);
  }
  const kind = await stat(source).catch(() => undefined);
  if (!kind && SEQUENCE_NAME.test(source)) {
    const rate = String(fps ?? SEQUENCE_RATE);
    const range = ['-start_number_range', String(MOST_MISSING)];
    return described('sequence', `file:${source}`, '-f', 'image2', '-framerate', rate, ...range);
  }
  if (!kind) throw new RefineDetError('FILE_NOT_FOUND', `the file ${source} does not exist`);
  if (kind.isDirectory()) throw invalid(`${source} is a folder, not a video`);
  return described('file', `file:${path.resolve(source)}`);
}

/** Format and input of a camera: a number, a device, or on Windows a name. */
function cameraInput(camera: string): [format: string, input: string] {
  if (process.platform === 'darwin') return ['avfoundation', `${camera}:none`];
  if (process.platform === 'win32') return ['dshow', `video=${camera}`];
  return ['v4l2', /^\d+$/.test(camera) ? `/dev/video${camera}` : camera];
}

function invalid(message: string): RefineDetError {
  return new RefineDetError('INVALID_ARGUMENT', message);
}
