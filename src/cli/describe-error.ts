/** Every failure is one sentence on stderr, `refinedet: <sentence> [CODE]`, and an exit code. */
import { CommanderError } from 'commander';
import { type ErrorCode, RefineDetError } from '../errors.ts';
import { memoryShortage } from '../out-of-memory.ts';
import { interruptExitCode } from './interrupt.ts';
import { printable } from './printable.ts';
import { shellCommand } from './shell.ts';

export const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'USAGE',
  'INVALID_OPTION',
  'UNKNOWN_PRESET',
  'UNKNOWN_CLASS',
]);

/** The sentence for an error and its code. */
export function describeError(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof RefineDetError) return { code: error.code, message: error.message };
  if (error instanceof CommanderError) return { code: 'USAGE', message: usageMessage(error) };
  const shortage = memoryShortage('memory has run out', error);
  if (shortage) return { code: shortage.code, message: shortage.message };
  const message = error instanceof Error ? error.message || error.name : String(error);
  return { code: 'UNEXPECTED', message: `unexpected error: ${message}` };
}

/** `refinedet: <sentence> [CODE]`, always on one line. */
export function errorLine(error: unknown): string {
  const { code, message } = describeError(error);
  return `refinedet: ${printable(message)} [${code}]`;
}

/**
 * Prints the line and the details below it, one per line; with REFINEDET_DEBUG=1 also the stack. Help
 * and version are not errors.
 */
export function reportError(error: unknown): void {
  if (error instanceof CommanderError && isHelp(error)) return;
  const details = error instanceof RefineDetError ? error.details : [];
  const lines = [errorLine(error), ...details.map((detail) => `  ${printable(detail)}`)];
  process.stderr.write(`${lines.join('\n')}\n`);
  if (process.env['REFINEDET_DEBUG'] === '1' && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
    if (error.cause) process.stderr.write(`caused by ${String(error.cause)}\n`);
  }
}

export function exitCodeOf(error: unknown): number {
  const interrupted = interruptExitCode();
  if (interrupted !== undefined) return interrupted;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  return isUsageError(error) ? EXIT_USAGE : EXIT_FAILURE;
}

/** Whether the command line itself is wrong, not a file that it names. */
export function isUsageError(error: unknown): boolean {
  return USAGE_CODES.has(describeError(error).code);
}

/** Commander has printed the help or the version itself. */
function isHelp({ code }: CommanderError): boolean {
  return code.startsWith('commander.help') || code === 'commander.version';
}

/** `error: unknown option '--x'\n(Did you mean --y?)` as one sentence. */
function usageMessage({ message }: CommanderError): string {
  const sentence = message.replace(/^error: /, '').replace(/\s*\n\s*\(Did/, ' (did');
  const file = /^unknown command '(.*[./\\].*)'$/.exec(sentence)?.[1];
  return file ? `${sentence} (did you mean "${shellCommand('detect', file)}"?)` : sentence;
}
