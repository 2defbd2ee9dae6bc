/** The table in README, between two marks, from the JSON files of the last runs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable, significant } from './harness.ts';
import { RESULTS, type SuiteResult } from './results.ts';
import type { Group } from './suite.ts';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const [START, END] = ['<!-- benchmarks -->', '<!-- /benchmarks -->'];

/** Suites whose first case is ours and whose others are not; those without results are left out. */
const SUITES = ['network', 'resize', 'postprocess', 'end-to-end', 'cold-start', 'memory', 'size'];

/** @throws when the README lacks the marks */
export function updateReadme(): void {
  const results = SUITES.map((name) => path.join(RESULTS, `${name}.json`))
    .filter(existsSync)
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as SuiteResult);
  const text = readFileSync(README, 'utf8');
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`README.md has no ${START} … ${END}`);
  const table = benchmarkTable(results);
  writeFileSync(README, `${text.slice(0, start + START.length)}\n${table}\n${text.slice(end)}`);
}

/** A row a group: ours, and how many times as long (or as much) it is as each of the others. */
function benchmarkTable(results: readonly SuiteResult[]): string {
  const rows = results.flatMap(({ title, groups }) =>
    groups.map((group) => [title, group.title, ours(group), others(group)]),
  );
  return markdownTable(['', 'work', 'refinedet', 'as a multiple of the others'], rows);
}

function ours({ unit, cases: [{ median }] }: Group): string {
  return `${significant(median)} ${unit}`;
}

function others({ cases: [, ...peers] }: Group): string {
  return peers.map(({ name, ratio }) => `${(1 / ratio).toFixed(2)}× ${name}`).join('; ');
}
