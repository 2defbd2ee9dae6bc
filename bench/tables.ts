/** Writes the tables of README and docs/performance.md, between markers, from the JSON files of the last runs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable, significant } from './harness.ts';
import { conditions, groupTables, RESULTS, type SuiteResult } from './results.ts';
import { type Group, SUITE_NAMES } from './suite.ts';
import { TARGETS, type Target } from './targets.ts';

/** Suites in README: the first case is ours, the others are peers. */
const COMPARISONS = [
  'network',
  'resize',
  'postprocess',
  'end-to-end',
  'cold-start',
  'memory',
  'size',
];
/** Groups that README leaves out; docs/performance.md has all. */
const DETAILS = /, 1 thread$|several threads|after the first|at most|as shipped|share of time/;

/** @throws when a file lacks its markers */
export function updateTables(): void {
  replaceBetween('README.md', 'benchmarks', benchmarkTable(present(COMPARISONS)));
  replaceBetween('docs/performance.md', 'targets', targetTable());
  replaceBetween('docs/performance.md', 'results', present(SUITE_NAMES).map(section).join('\n'));
}

/** Results of the suites that have run. */
function present(names: readonly string[]): SuiteResult[] {
  return names.flatMap((name) => readResult(name) ?? []);
}

function readResult(name: string): SuiteResult | undefined {
  const file = path.join(RESULTS, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function replaceBetween(name: string, mark: string, content: string): void {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const text = readFileSync(file, 'utf8');
  const [open, close] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`${name} has no ${open} … ${close}`);
  writeFileSync(file, `${text.slice(0, start + open.length)}\n${content}\n${text.slice(end)}`);
}

/** One row per group: our result, and its multiple of each peer's. */
function benchmarkTable(results: readonly SuiteResult[]): string {
  const rows = results.flatMap(({ title, groups }) =>
    groups
      .filter((group) => !DETAILS.test(group.title))
      .map((group) => [title, group.title, ours(group), others(group)]),
  );
  return markdownTable(['', 'work', 'refinedet', 'as a multiple of the others'], rows);
}

function ours({ unit, cases: [{ median }] }: Group): string {
  return `${significant(median)} ${unit}`;
}

function others({ cases: [, ...peers] }: Group): string {
  return peers.map(({ name, ratio }) => `${(1 / ratio).toFixed(2)}× ${name}`).join('; ');
}

function section(result: SuiteResult): string {
  const { title, about } = result;
  return [
    `### ${title}\n`,
    `${about} (${conditions(result)}.)\n`,
    ...groupTables(result, '####'),
  ].join('\n');
}

/** Targets, and the results of the last runs. */
function targetTable(): string {
  const rows = TARGETS.map((target) => [
    target.work,
    target.asked,
    measured(target) || '–',
    `\`${target.suite}\``,
  ]);
  return markdownTable(['work', 'target', 'measured', '`npm run bench --` …'], rows);
}

/** One figure for each group of the target. */
function measured({ suite, groups, ours, against, as }: Target): string {
  const found = (readResult(suite)?.groups ?? []).filter(({ title }) => groups.test(title));
  return found
    .map(({ unit, cases }) => {
      if (against === undefined) return `${significant(cases[0].median)} ${unit}`;
      const peer = cases.find(({ name }) => name === against);
      const own = cases.find(({ name }) => name === (ours ?? cases[0].name));
      if (!peer || !own) return '–';
      const ratio = peer.ratio / own.ratio;
      if (as === 'share') return `${(100 * ratio).toFixed(0)} %`;
      return as === 'speed-up' ? `${ratio.toFixed(1)}×` : `${(1 / ratio).toFixed(2)}×`;
    })
    .join(', ');
}
