/** The ffmpeg of the system, as a maker of test videos. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const hasFfmpeg = works('ffmpeg', '-version') && works('ffprobe', '-version');

if (!hasFfmpeg) console.warn('tests of video are skipped: ffmpeg and ffprobe are not installed');

/** Whether a program runs. */
export function works(program: string, ...args: string[]): boolean {
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

/** A temporary folder and its removal. */
export function videoFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-video-'));
  return {
    at: (name: string) => path.join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
