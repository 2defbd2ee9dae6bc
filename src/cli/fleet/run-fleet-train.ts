/** `refinedet fleet train`: one training a task, each in a process of its own. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import { EmbeddedQueue } from '../../fleet/embedded-queue.ts';
import { RedisQueue } from '../../fleet/redis-queue.ts';
import { Storage } from '../../fleet/storage/storage.ts';
import {
  parseSweep,
  type SweepRun,
  type SweepScores,
  sweepName,
  sweepRuns,
  sweepTable,
} from '../../fleet/sweep.ts';
import { type FailedTask, gracefulEnd, type Task, type TaskQueue } from '../../fleet/task-queue.ts';
import { knowsFusedProducts } from '../../kernels/relaxed-simd.ts';
import { packageVersion } from '../../platform/package-version.ts';
import type { TrainOptions } from '../../training/config/train-config.ts';
import { interruptSignal } from '../interrupt.ts';
import { names } from '../options/parsers.ts';
import { counted } from '../printable.ts';
import { print, warn } from '../terminal.ts';
import { textTable } from '../text-table.ts';
import { finishTraining, scoresFile } from './finish-training.ts';
import type { FleetTrainFlags } from './fleet-options.ts';

const DEFAULT_GRACE = 25_000;

/**
 * Continues with the trainings that have no scores yet, then prints the table of all.
 * @throws USAGE, MANIFEST_FORMAT, INVALID_OPTION, FILE_NOT_FOUND, SHARDS_FAILED, QUEUE_UNAVAILABLE, ABORTED
 */
export async function runFleetTrain(file: string, flags: FleetTrainFlags): Promise<void> {
  if (flags.lock !== undefined && flags.redis === undefined) {
    throw new RefineDetError('USAGE', '--lock needs --redis');
  }
  const signal = interruptSignal();
  const sweep = parseSweep(await read(file), file);
  const { base } = sweep;
  const config = typeof base === 'string' ? parseBase(await read(base), base) : base;
  const runs = chosen(sweepRuns(sweep, config), flags.only);
  const scored = (run: SweepRun) => existsSync(scoresFile(sweep, run));
  const left = runs.filter((run) => !scored(run));
  process.stderr.write(
    `refinedet: ${counted(runs.length, 'training')}, ${runs.length - left.length} done already\n`,
  );
  const { abort: kill, clear } = gracefulEnd(signal, flags.grace ?? DEFAULT_GRACE);
  const failed = await workThrough({ runs, left, out: sweep.out, signal }, flags, async (run) => {
    if (!scored(run)) await finishTraining(sweep, run, signal, kill);
  });
  clear();
  const scores = new Map<string, SweepScores>();
  for (const run of runs.filter(scored)) {
    scores.set(run.name, JSON.parse(await read(scoresFile(sweep, run))) as SweepScores);
  }
  if (signal.aborted && scores.size < runs.length) {
    const done = `interrupted after ${scores.size} of ${counted(runs.length, 'training')}`;
    throw new RefineDetError('ABORTED', `${done}; the same command continues`);
  }
  await print(flags.json ? json(runs, scores) : table(runs, scores));
  if (failed.length === 0) return;
  const details = failed.map(({ index, reason }) => `${runs[index]?.name}: ${reason}`);
  const message = `${counted(failed.length, 'training')} failed: ${details[0]}`;
  throw new RefineDetError('SHARDS_FAILED', message, { details: details.slice(1) });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const message = `cannot read ${file}: ${(cause as Error).message}`;
    throw new RefineDetError('FILE_NOT_FOUND', message, { cause });
  }
}

function parseBase(text: string, file: string): TrainOptions {
  try {
    return JSON.parse(text) as TrainOptions;
  } catch (cause) {
    throw new RefineDetError('MANIFEST_FORMAT', `${file} is not JSON`, { cause });
  }
}

/** @throws USAGE */
function chosen(runs: readonly SweepRun[], only: string | undefined): SweepRun[] {
  if (only === undefined) return [...runs];
  const wanted = names(only);
  const unknown = wanted.find((name) => !runs.some(({ variant }) => variant === name));
  if (unknown !== undefined) {
    throw new RefineDetError('USAGE', `the file has no variant "${unknown}"`);
  }
  return runs
    .filter(({ variant }) => wanted.includes(variant))
    .map((run, index) => ({ ...run, index }));
}

interface Trainings {
  runs: readonly SweepRun[];
  /** Those without scores. */
  left: readonly SweepRun[];
  out: string;
  signal: AbortSignal;
}

/** Through the queue of all machines, or here. A training that is stopped has saved its state. */
async function workThrough(
  { runs, left, out, signal }: Trainings,
  { redis: url, lock }: FleetTrainFlags,
  finish: (run: SweepRun) => Promise<void>,
): Promise<FailedTask[]> {
  const work = (queue: TaskQueue<Task>) =>
    queue.work(({ index }) => finish(runs[index]), { concurrency: 1, stop: signal, abort: signal });
  if (url === undefined) {
    const journalOf = (index: number) => path.join(out, `${runs[index].name}.journal.json`);
    return work(new EmbeddedQueue(tasksOf(left), new Storage(), journalOf));
  }
  const queue = await RedisQueue.open<Task>({
    ...{ url, run: sweepName(runs), total: runs.length, lock, warn },
  });
  try {
    const engine = knowsFusedProducts() ? 'relaxed SIMD' : 'plain SIMD';
    await queue.join(`refinedet ${packageVersion()} on ${engine}`);
    const missing = new Set(left.map(({ index }) => index));
    const all = runs.map(({ index }) => index);
    await queue.setDone(all.filter((index) => !missing.has(index)));
    await queue.add(tasksOf(left), signal);
    return await work(queue);
  } finally {
    await queue.close();
  }
}

async function* tasksOf(runs: readonly SweepRun[]): AsyncGenerator<Task> {
  for (const { index } of runs) yield { index };
}

function table(runs: readonly SweepRun[], scores: ReadonlyMap<string, SweepScores>): string {
  const { header, rows } = sweepTable(runs, scores);
  return textTable(header, rows)
    .map((line) => `${line}\n`)
    .join('');
}

function json(runs: readonly SweepRun[], scores: ReadonlyMap<string, SweepScores>): string {
  const list = runs.map(({ name, variant, fold, seed }) => {
    return { name, variant, fold, seed, scores: scores.get(name) ?? null };
  });
  return `${JSON.stringify(list, null, 2)}\n`;
}
