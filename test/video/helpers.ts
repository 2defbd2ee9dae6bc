/** Videos whose frames tell their number, made by the ffmpeg of the system. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Video } from '../../src/video/open-video.ts';
import type { DecodedFrame, VideoOptions } from '../../src/video/video-types.ts';
import { startSourceWorker } from '../../support/node-workers.ts';

export const hasFfmpeg = works('ffmpeg', '-version') && works('ffprobe', '-version');

if (!hasFfmpeg) console.warn('tests of video are skipped: ffmpeg and ffprobe are not installed');

function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs ffmpeg; fails with its errors. */
export function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Opens a video with a thread that runs the sources. */
export function open(source: string, options: VideoOptions = {}): Video {
  return new Video(source, options, () => startSourceWorker('video/video-worker'));
}

export async function framesOf(source: string, options?: VideoOptions): Promise<DecodedFrame[]> {
  const frames: DecodedFrame[] = [];
  for await (const frame of open(source, options)) frames.push(frame);
  return frames;
}

/** A temporary folder and its removal. */
export function videoFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-video-'));
  return {
    at: (name: string) => path.join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Pixels of the side of a block, and their number: one for each bit of the number of the frame. */
const BLOCK = 16;
const BITS = 8;
export const SIZE = { width: BITS * BLOCK, height: 64 };

/** Input of ffmpeg: frames that show their numbers as black and white blocks, 10 a second. */
export function numbered(count: number): string[] {
  const bit = `mod(floor(N/pow(2,floor(X/${BLOCK}))),2)`;
  const source = `nullsrc=s=${SIZE.width}x${SIZE.height}:r=10,format=gray,geq=lum='255*${bit}'`;
  return ['-f', 'lavfi', '-i', source, '-frames:v', String(count)];
}

/** Number that a frame shows, whatever a codec has done to it. */
export function numberOf({ data, width, height }: DecodedFrame): number {
  const row = Math.floor(height / 2);
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const column = Math.floor(((bit + 0.5) * width) / BITS);
    if (data[3 * (row * width + column)] > 127) number += 2 ** bit;
  }
  return number;
}

/** Python of the system: GStreamer's bindings belong to it. */
const PYTHON = '/usr/bin/python3';

export const hasRtspServer =
  hasFfmpeg &&
  works(
    PYTHON,
    '-c',
    'import gi; gi.require_version("GstRtspServer", "1.0"); from gi.repository import GstRtspServer',
  );

if (!hasRtspServer) {
  console.warn('tests of RTSP are skipped: python3-gi and gir1.2-gst-rtsp-server-1.0 are missing');
}

/** Starts a camera at `rtsp://127.0.0.1:PORT/camera`. */
export async function startCamera(port: number, ...size: number[]): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('rtsp-server.py', import.meta.url));
  const child = spawn(PYTHON, [script, String(port), ...size.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Ids of the processes of ffmpeg that have a text in their command line, read from /proc. */
export function pidsOf(part: string): number[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid);
  return pids.filter((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.startsWith('ffmpeg') && line.includes(part);
    } catch {
      return false; // it has ended
    }
  });
}

/** Waits until a condition holds; fails after `limit` milliseconds. */
export async function until(condition: () => boolean, limit = 20_000): Promise<void> {
  const end = performance.now() + limit;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`still not so after ${limit} ms: ${condition}`);
    await delay(50);
  }
}
