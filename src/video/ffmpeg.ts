/** The programs ffmpeg and ffprobe of the system: where they are, running them, their messages. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RefineDetError, throwIfAborted } from '../errors.ts';
import { onAbort } from '../interruption.ts';
import { withoutPassword } from '../without-password.ts';

/** Options of every run: nothing is read from the keyboard, messages have their level. */
export const QUIET = ['-hide_banner', '-loglevel', 'level+error'];

/** Lines of errors that are kept: the first ones have the cause. */
const MOST_LINES = 20;

/** Path of ffmpeg. */
export function ffmpegPath(given?: string): string {
  return given ?? (process.env['REFINEDET_FFMPEG'] || 'ffmpeg');
}

/** Path of ffprobe: beside ffmpeg. */
export function ffprobePath(ffmpeg: string): string {
  const { dir, base } = path.parse(ffmpeg);
  return path.join(dir, base.replace('ffmpeg', 'ffprobe'));
}

/** A running ffmpeg, started without a shell. */
export type Program = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** @param hasInput whether we write to its standard input */
export function startProgram(program: string, args: readonly string[], hasInput = false): Program {
  return spawn(program, args, {
    stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // Ctrl-C in a terminal reaches the whole group of processes: ending ffmpeg is up to us.
    detached: process.platform !== 'win32',
  }) as Program;
}

/**
 * Resolves when the program has ended; `failure` is set when it did not start. (Not `close`, which also
 * waits for the reader of its output.)
 */
export async function ended(
  child: Program,
): Promise<{ code: number | null; failure?: NodeJS.ErrnoException }> {
  try {
    const [code] = await once(child, 'exit');
    return { code };
  } catch (failure) {
    return { code: null, failure: failure as NodeJS.ErrnoException };
  }
}

/** The end of a stream whose length the server did not tell. */
const NO_ERROR = /should be 18446744073709551615/;

/** `[h264 @ 0x55] [error] text`: the first level counts, because texts of the file may hold another. */
const ERROR = /^(?:\[[^\]]* @ [^\]]*\] )*\[(?:error|fatal|panic)\] (.*)$/;

/** Collects the errors among the messages of a program. */
export class Messages {
  readonly errors: string[] = [];

  add(line: string): void {
    const error = ERROR.exec(line)?.[1].trim();
    if (error && !NO_ERROR.test(error) && this.errors.length < MOST_LINES)
      this.errors.push(withoutPassword(error));
  }
}

/** Calls `receive` with each line of the messages; resolves after the last one. */
export async function readMessages(child: Program, receive: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: child.stderr }).on('line', receive);
  await once(lines, 'close');
}

/**
 * Runs a program to its end and returns its output.
 * @returns exit code, null if it was killed or crashed; whether that was for the limit; output, errors
 * @throws MISSING_DEPENDENCY, ABORTED
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { signal, limit }: { signal?: AbortSignal; limit?: number } = {},
): Promise<{ code: number | null; isLate: boolean; output: string; errors: string[] }> {
  throwIfAborted(signal);
  const child = startProgram(program, args);
  const kill = () => child.kill('SIGKILL');
  const unlisten = signal && onAbort(signal, kill);
  let isLate = false;
  const stop = () => {
    isLate = true;
    kill();
  };
  const timer = limit === undefined ? undefined : setTimeout(stop, limit);
  const messages = new Messages();
  try {
    const [output, { code, failure }] = await Promise.all([
      buffer(child.stdout).catch(() => Buffer.alloc(0)),
      ended(child),
      readMessages(child, (line) => messages.add(line)),
    ]);
    throwIfAborted(signal);
    if (failure) throw notStarted(program, failure);
    return { code, isLate, output: output.toString(), errors: messages.errors };
  } finally {
    clearTimeout(timer);
    unlisten?.();
  }
}

/** @param failure the system's error */
export function notStarted(program: string, failure: NodeJS.ErrnoException): RefineDetError {
  const why = failure.code === 'ENOENT' ? 'is not installed' : `does not start (${failure.code})`;
  return new RefineDetError(
    'MISSING_DEPENDENCY',
    `video needs ffmpeg, but ${program} ${why}: install it (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg) or give its path as --ffmpeg or REFINEDET_FFMPEG`,
    { cause: failure },
  );
}

/** Refuses frames of a size. */
export function frameSizeError(
  name: string,
  width: number | string,
  height: number | string,
): RefineDetError {
  const pixels = `${width}×${height} pixels, which is not from 1 to maxPixels`;
  return new RefineDetError('VIDEO_SIZE', `the frames of ${name} have ${pixels}`);
}

const OUTDATED = /unrecognized option|option not found|option .* not found/i;
const REFUSED = /not on whitelist/i;
const SIZE = / size (\d+)x(\d+) (?:is invalid|exceeds)/i;
const DAMAGE = /moov atom not found|partial file|file ended prematurely|truncat|end of file/i;
const NETWORK =
  /connection|timed out|timeout|network|host|server returned|unreachable|input\/output/i;

/** Explains why ffmpeg failed, by its first error. */
export function ffmpegError(
  name: string,
  code: number | null,
  errors: readonly string[],
): RefineDetError {
  if (code === null) {
    return new RefineDetError('VIDEO_LOST', `cannot read ${name}: ffmpeg was killed or crashed`);
  }
  const [reason = `ffmpeg ended with exit code ${code}`] = errors;
  const all = errors.join('\n');
  if (OUTDATED.test(all)) {
    const needed = `video needs ffmpeg 5.1 or later: ${reason}`;
    return new RefineDetError('MISSING_DEPENDENCY', needed, { cause: new Error(all) });
  }
  const size = SIZE.exec(all);
  if (size) {
    return frameSizeError(name, size[1], size[2]);
  }
  if (REFUSED.test(all)) {
    const playlist = 'it is a playlist or script that refers to other files or protocols';
    return new RefineDetError('VIDEO_FORMAT', `${name} is refused: ${playlist}`);
  }
  const kind = DAMAGE.test(all)
    ? 'VIDEO_CORRUPT'
    : NETWORK.test(all)
      ? 'VIDEO_LOST'
      : 'VIDEO_FORMAT';
  // The lines after the first one are consequences; a person who debugs sees them.
  const cause = new Error(all);
  return new RefineDetError(kind, `cannot read ${name}: ${reason}`, { cause });
}
