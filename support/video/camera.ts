/** A camera for tests: an RTSP server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { hasPart } from '../optional-parts.ts';
import { works } from '../works.ts';
import { hasFfmpeg } from './ffmpeg.ts';

/** Python of the system: GStreamer's bindings belong to it. */
const PYTHON = '/usr/bin/python3';

const hasBindings = works(
  PYTHON,
  '-c',
  'import gi; gi.require_version("GstRtspServer", "1.0"); from gi.repository import GstRtspServer',
);

export const hasRtspServer =
  hasFfmpeg &&
  hasPart(
    'rtsp',
    hasBindings ? undefined : 'python3-gi and gir1.2-gst-rtsp-server-1.0 are missing',
  );

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
