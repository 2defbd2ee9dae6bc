/** Terminals and pipes: colors, closed pipes, back-pressure. */
import { once } from 'node:events';
import type { WriteStream } from 'node:tty';
import pc from 'picocolors';
import { RefineDetError } from '../errors.ts';
import { EXIT_FAILURE, errorLine } from './describe-error.ts';
import { printable } from './printable.ts';

let closed = false;

/** Ends the program quietly when the reader of its output has closed, as in `| head -1`. */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!closed && error.code !== 'EPIPE') {
      const failure = `the standard output cannot be written: ${error.message}`;
      process.stderr.write(`${errorLine(new RefineDetError('FILE_WRITE', failure))}\n`);
      process.exitCode = EXIT_FAILURE;
    }
    closed = true;
  });
  process.stderr.on('error', () => {});
}

/** Whether the standard output is closed. */
export function outputClosed(): boolean {
  return closed;
}

/** Writes to the standard output and waits while its reader is slower. */
export async function print(text: string): Promise<void> {
  if (closed || text === '') return;
  if (process.stdout.write(text)) return;
  await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(
    () => {}, // the handler above reports it
  );
}

export type Colors = ReturnType<typeof pc.createColors>;

export const NO_COLORS: Colors = pc.createColors(false);

/** Colors for a stream: on a terminal, unless NO_COLOR is set; everywhere with FORCE_COLOR. */
export function colorsFor(stream: Pick<WriteStream, 'isTTY'>): Colors {
  return pc.createColors(wantsColor(stream, process.env));
}

export function wantsColor(
  { isTTY }: Pick<WriteStream, 'isTTY'>,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env['NO_COLOR']) return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTTY === true && env['TERM'] !== 'dumb';
}

/** Prints a warning on stderr. */
export function warn(message: string): void {
  process.stderr.write(`refinedet: warning: ${printable(message)}\n`);
}
