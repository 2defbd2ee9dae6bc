/**
 * Times alternatives side by side with benny: several short rounds, in each of which every case
 * has its turn, so that other work on the machine affects all of them equally.
 */
import benny from 'benny';

export interface Case {
  name: string;
  run: () => unknown;
}

export interface Timing {
  name: string;
  /** Milliseconds per call. */
  median: number;
  /** First and third quartile. */
  low: number;
  high: number;
  /** Median of the rounds' ratios to the first case: above 1, the case is slower. */
  ratio: number;
}

export interface MeasureOptions {
  /** Number of rounds. Default 5. */
  rounds?: number;
  /** Sampling time of a case in one round, in milliseconds. Default 200. */
  roundMs?: number;
}

/** Times the cases; awaits cases that return promises. */
export async function measure(
  cases: readonly Case[],
  { rounds = 5, roundMs = 200 }: MeasureOptions = {},
): Promise<Timing[]> {
  const samples: Samples[] = cases.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, values] of (await sampleOnce(cases, roundMs)).entries()) samples[i].push(values);
  }
  return summarizeRounds(
    cases.map(({ name }) => name),
    samples,
  );
}

/** Milliseconds per call of one case, by round. */
export type Samples = number[][];

/** One round: samples of every case in milliseconds, after a warm-up call. */
export async function sampleOnce(cases: readonly Case[], roundMs: number): Promise<number[][]> {
  const options = { maxTime: roundMs / 1000, minSamples: 1 };
  const added = [];
  for (const { name, run } of cases) added.push(benny.add(name, await prepared(run), options));
  const { results } = await benny.suite(cases.map(({ name }) => name).join(', '), ...added);
  return results.map(({ details }) => details.sampleResults.map((seconds) => seconds * 1000));
}

/** Benny calls a case a few times at once to inspect the result: these calls run one after another. */
let queue: Promise<unknown> = Promise.resolve();

/** Benny would measure a returned function; asynchronous cases must never overlap. */
async function prepared(run: () => unknown): Promise<() => unknown> {
  const first = run();
  await first;
  if (first instanceof Promise) {
    return () => {
      queue = queue.then(run);
      return queue;
    };
  }
  return () => {
    run();
  };
}

/** @param samples samples of every case, all with the same number of rounds */
export function summarizeRounds(names: readonly string[], samples: readonly Samples[]): Timing[] {
  const medians = samples.map((rounds) => rounds.map((values) => quantile(values, 0.5)));
  return names.map((name, i) => {
    const all = samples[i].flat();
    return {
      name,
      median: quantile(all, 0.5),
      low: quantile(all, 0.25),
      high: quantile(all, 0.75),
      ratio: quantile(
        medians[i].map((value, round) => value / medians[0][round]),
        0.5,
      ),
    };
  });
}

export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at % 1);
}

/** Prints measurements of a benchmark that is not a suite. */
export function printTimings(title: string, timings: readonly Timing[]): void {
  const rows = timings.map(({ name, median, low, high, ratio }) => [
    name,
    significant(median),
    `${significant(low)} – ${significant(high)}`,
    `${ratio.toFixed(2)}×`,
  ]);
  console.log(`\n${title}\n`);
  console.log(markdownTable(['case', 'median ms', 'quartiles', 'ratio to the first'], rows));
}

export function markdownTable(header: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Three significant digits, never in exponential notation. */
export function significant(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(2 - Math.min(1, Math.floor(Math.log10(Math.max(value, 1e-6)))));
}
