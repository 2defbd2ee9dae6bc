/** Runs the real command line in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { writeModel } from '../../src/weights/model-file.ts';
import { randomModel } from '../../support/models/random-model.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export const CAT = here('../../examples/cat.jpg');
export const ASTRONAUT = here('../../examples/astronaut.jpg');
/** Arguments with which `node` runs the sources. */
const CLI = [
  '--conditions=refinedet-source',
  `--import=${new URL('../../support/tsx.mjs', import.meta.url)}`,
  here('../../src/cli/main.ts'),
];

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: Record<string, string>;
  stdin?: Uint8Array;
}

/** Program and arguments that run the command line. */
export function cliCommand(args: readonly string[]): [program: string, ...args: string[]] {
  return [process.execPath, ...CLI, ...args];
}

export function startCli(args: readonly string[], { cwd, env }: CliOptions = {}) {
  // Commands that are printed begin with npx below npx.
  const {
    NO_COLOR: _,
    FORCE_COLOR: __,
    NODE_OPTIONS: ___,
    npm_command: ____,
    ...clean
  } = process.env;
  const [program, ...rest] = cliCommand(args);
  return spawn(program, rest, { cwd, env: { ...clean, ...env } });
}

export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const child = startCli(args, options);
  const output = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  child.stdin.end(options.stdin);
  const [stdout, stderr, [code]] = await output;
  return { code, stdout, stderr };
}

/** A temporary folder, paths in it, and its removal. */
export function temporaryFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-cli-'));
  return {
    folder,
    at: (...parts: string[]) => path.join(folder, ...parts),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Writes a model with random weights that detects many objects; classes ant, bee and cat. */
export async function writeRandomModel(file: string): Promise<void> {
  writeFileSync(file, await writeModel(randomModel(64)));
}

/** The single line of a failure. */
export const FAILURE_LINE = /^refinedet: [^\n]+ \[[A-Z_]+\]\n$/;
