/** Command lines of the documents: whether they are valid, and how they run in a test. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { ONE_STEP_FLAGS } from './run-samples.ts';

/** Lines, with continued lines joined and comments removed. */
export function commandsOf(code: string): string[] {
  return code
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** The line for a test: takes seconds, and overwrites the placeholders of its outputs. */
export function runnable(command: string): string {
  const line = command.replace(
    /^(npx refinedet|npm ci && node dist\/cli\/main\.js) /,
    'refinedet ',
  );
  if (/^refinedet train (?!.*--resume)/.test(line)) return `${line} ${ONE_STEP_FLAGS}`;
  return /^refinedet (convert|dataset split) /.test(line) ? `${line} --force` : line;
}

/** Whether the line starts a server that runs until it is ended. */
export function isServer(command: string): boolean {
  return /^refinedet (demo|label|serve)\b(?!.* --out)/.test(command);
}

/** @throws Error when a part of the line is invalid */
export async function checkCommand(line: string, root: string): Promise<void> {
  for (const part of line.split('&&')) {
    const [program, ...args] = words(part);
    if (program === 'refinedet') await parse(args);
    else if (program === 'node' && args[0] === 'dist/cli/main.js') await parse(args.slice(1));
    else if (program === 'npm') checkScript(args, root);
    else if (program === 'npx' && args[0] === 'refinedet') await parse(args.slice(1));
    else if (program === 'npx' && args[0] === 'tsx')
      checkFile(args.find((arg) => arg.endsWith('.ts')) ?? 'program after tsx', root);
    else throw new Error(`cannot check "${part.trim()}"`);
  }
}

/** Words before the redirection of input or output. */
function words(line: string): string[] {
  const found = line.match(/"[^"]*"|'[^']*'|[|<>]|[^\s|<>]+/g) ?? [];
  const end = found.findIndex((word) => /^[|<>]$/.test(word));
  return found.slice(0, end < 0 ? undefined : end).map((word) => word.replace(/^["']|["']$/g, ''));
}

/** Lets the real option parser check the line, without an action. */
async function parse(args: string[]): Promise<void> {
  const program = createProgram();
  silence(program);
  await program.parseAsync(args, { from: 'user' });
}

function silence(command: Command): void {
  if (command.commands.length === 0) command.action(() => {});
  for (const child of command.commands) silence(child.exitOverride());
}

function checkScript([verb, name]: string[], root: string): void {
  if (['ci', 'install', 'i'].includes(verb)) return;
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const script = verb === 'run' ? name : verb;
  if (!(script in scripts)) throw new Error(`package.json has no script "${script}"`);
}

function checkFile(path: string, root: string): void {
  if (!existsSync(join(root, path))) throw new Error(`${path} does not exist`);
}
