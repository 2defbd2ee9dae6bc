/**
 * The long form: `npm run fuzz -- [target ...] [--seconds N] [--seed N]`, each target in its own
 * process. `--input FILE` runs one saved input on one target.
 */
import { fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { examine } from './examine.ts';
import { TARGETS } from './targets/index.ts';

const FOLDER = fileURLToPath(new URL('../../.cache/fuzz/', import.meta.url));
/** A process without output for this time hangs. */
const SILENCE_MS = 60_000;

/** Messages from the process of a target: once per second that it is alive, and the result at the end. */
export interface Progress {
  inputs: number;
  summary?: string;
  failure?: string;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    input: { type: 'string' },
  },
});
const unknown = positionals.find((name) => !TARGETS.some((target) => target.name === name));
if (unknown !== undefined) {
  console.error(
    `unknown target ${unknown}; use one of ${TARGETS.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
const chosen = TARGETS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

if (values.input === undefined) await fuzzAll();
else for (const target of chosen) console.log(target.name, await replay(target, values.input));

async function replay(target: (typeof TARGETS)[number], file: string): Promise<string> {
  return examine(target, Uint8Array.from(readFileSync(file)));
}

async function fuzzAll(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  console.log(`seed ${values.seed}, ${values.seconds} s per target`);
  let total = 0;
  for (const { name } of chosen) {
    const { inputs, summary, failure } = await fuzz(name);
    total += inputs;
    console.log(`${name}: ${inputs} inputs${summary ?? ''}`);
    if (failure === undefined) continue;
    process.exitCode = 1;
    console.log(`${failure}\nagain: npm run fuzz -- ${name} --input ${inputFile(name, 'failed')}`);
  }
  console.log(`${total} inputs in total`);
}

function inputFile(name: string, kind: 'current' | 'failed'): string {
  return path.join(FOLDER, `${name}.${kind}`);
}

/** A process that dies or hangs leaves its last input. */
async function fuzz(name: string): Promise<Progress> {
  const current = inputFile(name, 'current');
  const child = fork(new URL('child.ts', import.meta.url), [
    ...[name, values.seconds, values.seed],
    ...[current, inputFile(name, 'failed')],
  ]);
  let last: Progress = { inputs: 0 };
  let hangs = false;
  const kill = () => {
    hangs = true;
    child.kill('SIGKILL');
  };
  let watchdog = setTimeout(kill, SILENCE_MS);
  child.on('message', (progress: Progress) => {
    last = progress;
    clearTimeout(watchdog);
    watchdog = setTimeout(kill, SILENCE_MS);
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearTimeout(watchdog);
  if (code === 0) {
    rmSync(current, { force: true });
    return last;
  }
  renameSync(current, inputFile(name, 'failed'));
  return { ...last, failure: hangs ? 'the process hung' : `the process died with ${code}` };
}
