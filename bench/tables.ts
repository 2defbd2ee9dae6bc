/** The tables of README and docs/performance.md, between marks, from the JSON files of the last runs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable, significant } from './harness.ts';
import { RESULTS, type SuiteResult } from './results.ts';
import type { Group } from './suite.ts';
import { TARGETS, type Target } from './targets.ts';

/** Suites whose first case is ours and whose others are not; those without results are left out. */
const SUITES = ['network', 'resize', 'postprocess', 'end-to-end', 'cold-start', 'memory', 'size'];

/** @throws when a file lacks its marks */
export function updateTables(): void {
  const results = SUITES.flatMap((name) => readResult(name) ?? []);
  replaceBetween('README.md', 'benchmarks', benchmarkTable(results));
  replaceBetween('docs/performance.md', 'targets', targetTable());
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

/** A row a group: ours, and how many times as long (or as much) it is as each of the others. */
function benchmarkTable(results: readonly SuiteResult[]): string {
  const rows = results.flatMap(({ title, groups }) =>
    groups
      .filter(({ unit }) => unit !== '%')
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

/** What was to be reached, and what the last runs have. */
function targetTable(): string {
  const rows = TARGETS.map((target) => [
    target.work,
    target.asked,
    measured(target),
    command(target),
  ]);
  return markdownTable(['work', 'asked', 'measured', '`npm run bench --` …'], rows);
}

/** One figure for each group that the target is about. */
function measured({ suite, groups, against, as }: Target): string {
  const found = (readResult(suite)?.groups ?? []).filter(({ title }) => groups.test(title));
  return found
    .map(({ unit, cases }) => {
      if (against === undefined) return `${significant(cases[0].median)} ${unit}`;
      const { ratio } = cases.find(({ name }) => name === against)!;
      if (as === 'share') return `${(100 * ratio).toFixed(0)} %`;
      return as === 'speed-up' ? `${ratio.toFixed(1)}×` : `${(1 / ratio).toFixed(2)}×`;
    })
    .join(', ');
}

function command({ suite }: Target): string {
  return `\`${suite}\``;
}
