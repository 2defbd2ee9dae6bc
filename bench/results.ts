/** Results as JSON, Markdown and an HTML page with charts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { barChart } from '../src/report/charts/bar-chart.ts';
import { html } from '../src/report/html.ts';
import { card, renderPage, table } from '../src/report/page.ts';
import { markdownTable, significant } from './harness.ts';
import type { Group, RunOptions, Suite } from './suite.ts';

const PEERS = ['onnxruntime-web', 'onnxruntime-node', '@tensorflow/tfjs-core', 'sharp'];

/** Results of each major version of Node have a folder: its engine decides on instructions, such as fused products. */
const RESULTS = fileURLToPath(new URL('results/', import.meta.url));

/** Folder of the results of a version of Node, such as `v24.22.3`. */
export function resultsFolder(version: string): string {
  return path.join(RESULTS, `node-${Number.parseInt(version.slice(1), 10)}`);
}

export interface SuiteResult {
  name: string;
  title: string;
  about: string;
  date: string;
  machine: { cpu: string; cores: number; node: string };
  /** Versions of the compared packages. */
  versions: Record<string, string>;
  options: RunOptions;
  groups: Group[];
}

export function suiteResult(
  name: string,
  { title, about }: Suite,
  options: RunOptions,
  groups: Group[],
): SuiteResult {
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? process.arch,
    cores: availableParallelism(),
    node: process.version,
  };
  const date = new Date().toISOString();
  return { name, title, about, date, machine, versions: installedVersions(), options, groups };
}

function installedVersions(): Record<string, string> {
  const root = new URL('../node_modules/', import.meta.url);
  return Object.fromEntries(
    PEERS.map((name) => {
      const { version } = JSON.parse(readFileSync(new URL(`${name}/package.json`, root), 'utf8'));
      return [name, version];
    }),
  );
}

/** Writes NAME.json, NAME.md and NAME.html. @returns the Markdown */
export function writeResult(result: SuiteResult, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const write = (ending: string, text: string) =>
    writeFileSync(path.join(folder, result.name + ending), text);
  const markdown = toMarkdown(result);
  write('.json', `${JSON.stringify(result, null, 2)}\n`);
  write('.md', markdown);
  write('.html', toPage(result));
  return markdown;
}

/** One row per case. */
function rows({ cases }: Group): string[][] {
  return cases.map(({ name, median, low, high, ratio, note = '' }) => {
    const spread = low === high ? '' : `${significant(low)} – ${significant(high)}`;
    return [name, significant(median), spread, `${ratio.toFixed(2)}×`, note];
  });
}

function head(unit: Group['unit']): string[] {
  return ['case', unit === 'ms' ? 'median ms' : unit, 'quartiles', 'ratio to the first', ''];
}

export function conditions({ machine, date, options }: SuiteResult): string {
  const { cpu, cores, node } = machine;
  return `${date.slice(0, 10)}, ${cpu}, ${cores} cores, Node ${node}, ${options.rounds} rounds`;
}

function toMarkdown(result: SuiteResult): string {
  const groups = groupTables(result, '##');
  const { title, about } = result;
  return [`# ${title}\n`, `${about}\n`, `${conditions(result)}\n`, ...groups].join('\n');
}

/** One heading and one table per group. */
export function groupTables({ groups }: SuiteResult, heading: string): string[] {
  return groups.map(
    (group) => `${heading} ${group.title}\n\n${markdownTable(head(group.unit), rows(group))}\n`,
  );
}

function toPage(result: SuiteResult): string {
  const sections = result.groups.map((group) => {
    const bars = group.cases.map(({ name, median }) => ({
      name,
      value: median,
      text: `${significant(median)} ${group.unit}`,
    }));
    const chart = barChart({ label: `${group.title}, ${group.unit}`, bars });
    return card(group.title, undefined, html`${chart}${table(head(group.unit), rows(group))}`);
  });
  const { title, about } = result;
  return renderPage({
    kicker: 'refinedet benchmark',
    title,
    lead: about,
    sections,
    footer: conditions(result),
  });
}
