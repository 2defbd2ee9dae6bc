/** One training of a sweep, from where it is: train, score, note the scores. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { abortError, RefineDetError } from '../../errors.ts';
import type { Sweep, SweepRun, SweepScore, SweepScores } from '../../fleet/sweep.ts';
import { RUN_FILES } from '../../training/run/run-store.ts';
import type { StepRecord } from '../../training/run/step-record.ts';
import { writeWhole } from '../output-files.ts';

/**
 * Ends a program when the one that started it is gone, and with it the other end of its input: two
 * trainings must not write one folder.
 */
const LEASH = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) process.stdin.on('end', () => process.exit(1)).resume().unref();
`)}`;

/** Title of the column without `scores`. */
const VALIDATION = 'validation';

const folderOf = ({ out }: Sweep, { name }: SweepRun): string => path.join(out, name);

export function scoresFile(sweep: Sweep, run: SweepRun): string {
  return path.join(folderOf(sweep, run), 'scores.json');
}

/**
 * @param stop lets the training save its state and end
 * @param kill ends it at once
 * @throws UNEXPECTED with the last line of a program that failed; ABORTED
 */
export async function finishTraining(
  sweep: Sweep,
  run: SweepRun,
  stop: AbortSignal,
  kill: AbortSignal,
): Promise<void> {
  const folder = folderOf(sweep, run);
  const model = path.join(folder, RUN_FILES.model);
  const runCli = (args: readonly string[]) => command(args, stop, kill);
  if (!existsSync(model)) {
    const config = `${folder}.json`;
    await writeWhole(config, `${JSON.stringify(run.options, null, 2)}\n`);
    const isBegun = existsSync(path.join(folder, RUN_FILES.checkpoint));
    const course = isBegun ? ['--resume'] : ['--config', config];
    await runCli(['train', ...course, '--out', folder, '--quiet']);
  }
  const columns = Object.entries(sweep.scores ?? {});
  const scores: Record<string, number | null> = {};
  for (const [title, score] of columns) scores[title] = await evaluate(model, score, runCli);
  const found = columns.length > 0 ? scores : await validationScore(folder);
  await writeWhole(scoresFile(sweep, run), `${JSON.stringify(found, null, 2)}\n`);
}

async function evaluate(
  model: string,
  { data, classes, metric = 'voc07' }: SweepScore,
  runCli: (args: readonly string[]) => Promise<string>,
): Promise<number | null> {
  const chosen = classes ? ['--classes', classes.join(',')] : [];
  const options = ['--metric', metric, ...chosen, '--json', '--quiet'];
  const result = JSON.parse(await runCli(['eval', model, '--data', data, ...options]));
  return (metric === 'coco' ? result.AP : result.mAP) ?? null;
}

/** The last evaluation of the training itself. */
async function validationScore(folder: string): Promise<SweepScores> {
  const lines = (await readFile(path.join(folder, RUN_FILES.metrics), 'utf8')).trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as StepRecord);
  const last = records.findLast(({ evaluation }) => evaluation !== undefined);
  return { [VALIDATION]: last?.evaluation?.score ?? null };
}

/** Runs a command of this program in a process of its own, so that this one stays free. @returns its output */
async function command(
  args: readonly string[],
  stop: AbortSignal,
  kill: AbortSignal,
): Promise<string> {
  if (stop.aborted) throw abortError(stop);
  const flags = [...process.execArgv, '--import', LEASH];
  const child = spawn(process.execPath, [...flags, process.argv[1], ...args], {
    // Not in the group of the terminal: Ctrl-C reaches it once, through `stop`.
    detached: true,
  });
  const end = () => child.kill('SIGTERM');
  const endNow = () => child.kill('SIGKILL');
  stop.addEventListener('abort', end);
  kill.addEventListener('abort', endNow);
  try {
    const closed = once(child, 'close') as Promise<[code: number | null, name: string | null]>;
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code, name] = await closed;
    if (code === 0) return output;
    if (stop.aborted) throw abortError(stop);
    process.stderr.write(errors);
    const reason = errors.trim().split('\n').at(-1) || `it ended by ${name ?? `exit code ${code}`}`;
    throw new RefineDetError('UNEXPECTED', `refinedet ${args[0]}: ${reason}`);
  } finally {
    stop.removeEventListener('abort', end);
    kill.removeEventListener('abort', endNow);
  }
}
