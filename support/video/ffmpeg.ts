/** The ffmpeg of the system, as a maker of test videos. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hasPart } from '../optional-parts.ts';
import { works } from '../works.ts';

const bothWork = works('ffmpeg', '-version') && works('ffprobe', '-version');

export const hasFfmpeg = hasPart(
  'ffmpeg',
  bothWork ? undefined : 'ffmpeg and ffprobe are not installed',
);

/** Runs ffmpeg; fails with its errors. */
export function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** A temporary folder and its removal. */
export function videoFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-video-'));
  return {
    at: (name: string) => path.join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
