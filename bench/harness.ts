/** Timing of alternatives side by side: medians over interleaved rounds, printed as Markdown. */

export interface Case {
  name: string;
  run: () => unknown;
}

export interface Timing {
  name: string;
  /** Milliseconds a call. */
  median: number;
  /** Quartiles. */
  low: number;
  high: number;
}

export interface MeasureOptions {
  /** Default 15. */
  rounds?: number;
  /** Shortest duration of one round of one case, milliseconds. Default 20. */
  roundMs?: number;
}

/**
 * Times the cases in turn, round by round, so that whatever else the machine does meets all of them
 * alike. Each case is warmed up for one round first; one that returns promises is awaited.
 */
export async function measure(
  cases: readonly Case[],
  { rounds = 15, roundMs = 20 }: MeasureOptions = {},
): Promise<Timing[]> {
  const calls: number[] = [];
  for (const { run } of cases) {
    await timeCalls(run, 1);
    let count = 1;
    for (;;) {
      const elapsed = await timeCalls(run, count);
      if (elapsed >= roundMs) break;
      const factor = (1.2 * roundMs) / Math.max(elapsed, roundMs / 10);
      count = Math.ceil(count * factor);
    }
    calls.push(count);
  }
  const samples = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < cases.length; i++) {
      samples[i].push((await timeCalls(cases[i].run, calls[i])) / calls[i]);
    }
  }
  return cases.map(({ name }, i) => ({
    name,
    median: quantile(samples[i], 0.5),
    low: quantile(samples[i], 0.25),
    high: quantile(samples[i], 0.75),
  }));
}

async function timeCalls(run: () => unknown, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return performance.now() - start;
}

export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(at)];
  return below + (sorted[Math.ceil(at)] - below) * (at % 1);
}

/** Times and ratios to the first case: above 1 the case is slower. */
export function printTimings(title: string, timings: readonly Timing[]): void {
  const rows = timings.map(({ name, median, low, high }) => [
    name,
    formatMs(median),
    `${formatMs(low)} – ${formatMs(high)}`,
    `${(median / timings[0].median).toFixed(2)}×`,
  ]);
  console.log(`\n${title}\n`);
  console.log(markdownTable(['case', 'median ms', 'quartiles', 'ratio to the first'], rows));
}

export function markdownTable(header: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Three significant digits, never in exponential notation. */
export function formatMs(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms.toFixed(2 - Math.min(1, Math.floor(Math.log10(ms))));
}
