/** Writes the tables of README and docs/performance.md, between markers, from the JSON files of the last runs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable, significant } from './harness.ts';
import { conditions, groupTables, resultsFolder, type SuiteResult } from './results.ts';
import { type Group, SUITE_NAMES } from './suite.ts';
import { TARGETS, type Target } from './targets.ts';

/** Versions of Node that the tables show, the first one first. */
const RUNTIMES = [
  { title: 'Node 24', version: 'v24' },
  { title: 'Node 20', version: 'v20' },
] as const;
type Runtime = (typeof RUNTIMES)[number];
const [FIRST] = RUNTIMES;

/** Suites whose first case is ours and whose others are not. */
const COMPARISONS = [
  'network',
  'resize',
  'postprocess',
  'end-to-end',
  'cold-start',
  'memory',
  'size',
];
/** Groups that the one table leaves out; the results below it have all. */
const DETAILS =
  /, 1 thread$|several threads|after the first|at most|as shipped|share of time|stages/;

interface PeerColumn {
  title: string;
  suite: string;
  group: string;
  /** Our case, where it is not the first one. */
  own?: string;
}

/** What README compares: columns, and the peers that have been measured in the same runs. */
const PEER_COLUMNS = [
  {
    title: 'JPEG to boxes',
    suite: 'end-to-end',
    group: 'the default model, 500×375, 2 threads',
    own: 'refinedet, 8 bits',
  },
  { title: 'start to first boxes', suite: 'cold-start', group: 'the default model' },
  { title: 'memory after 100 images', suite: 'memory', group: 'the default model, after 100' },
  { title: 'a page downloads', suite: 'size', group: 'gzip, one thread' },
] satisfies PeerColumn[];
const PEERS = [
  { name: 'onnxruntime-web', cases: /^onnxruntime-web/ },
  { name: 'onnxruntime-node and sharp, native code', cases: /onnxruntime-node$/ },
] as const;

/** Writes the files of {@link updatedTexts}. */
export function updateTables(): void {
  for (const [name, text] of updatedTexts()) writeFileSync(fileOf(name), text);
}

/**
 * README and docs/performance.md with the tables of the last runs, by name.
 * @throws when a file lacks its marks
 */
export function updatedTexts(): Map<string, string> {
  const tables: [file: string, mark: string, table: string][] = [
    ['README.md', 'peers', peerTable()],
    ['docs/performance.md', 'benchmarks', benchmarkTable()],
    ['docs/performance.md', 'targets', targetTable()],
    ['docs/performance.md', 'results', SUITE_NAMES.flatMap(sections).join('\n')],
  ];
  const texts = new Map<string, string>();
  for (const [name, mark, table] of tables) {
    const text = texts.get(name) ?? readFileSync(fileOf(name), 'utf8');
    texts.set(name, replaceBetween(name, text, mark, table));
  }
  return texts;
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** Results of the last run of a suite. */
/** The results of a suite that the tables show, one for each version of Node that has run it. */
export function tableResults(name: string): SuiteResult[] {
  return RUNTIMES.flatMap((runtime) => readResult(name, runtime) ?? []);
}

function readResult(name: string, { version }: Runtime): SuiteResult | undefined {
  const file = path.join(resultsFolder(version), `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function replaceBetween(name: string, text: string, mark: string, content: string): string {
  const [open, close] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`${name} has no ${open} … ${close}`);
  return `${text.slice(0, start + open.length)}\n${content}\n${text.slice(end)}`;
}

/**
 * README's rows: ours in each version of Node, then peers as multiples of ours in the first one. The last
 * peer is measured for the model card only.
 */
function peerTable(): string {
  const card = readFileSync(fileOf('models/README.md'), 'utf8');
  const [shipped, centerNet] = [
    cardFigures(card, 'RefineDet, shipped'),
    cardFigures(card, 'CenterNet'),
  ];
  const slower = `${(centerNet.ms / shipped.ms).toFixed(2)}×, decoded`;
  const rows = [
    ...RUNTIMES.map((runtime) => [
      `**refinedet**, ${runtime.title}`,
      ...PEER_COLUMNS.map((column) => ownCell(column, runtime)),
      shipped.ap,
    ]),
    ...PEERS.map(({ name, cases }) => [
      name,
      ...PEER_COLUMNS.map((column) => peerCell(column, cases)),
      'same weights',
    ]),
    [
      'CenterNet of @vladmandic/human, on tfjs',
      slower,
      ...Array(3).fill('not measured'),
      centerNet.ap,
    ],
  ];
  const titles = PEER_COLUMNS.map(({ title }) => title);
  return markdownTable(['', ...titles, 'AP07 (COCO AP)'], rows);
}

function ownCell(column: PeerColumn, runtime: Runtime): string {
  const { unit, own } = columnCases(column, runtime) ?? {};
  return own ? `${significant(own.median)} ${unit}` : 'not measured';
}

function peerCell(column: PeerColumn, name: RegExp): string {
  const { own, cases = [] } = columnCases(column, FIRST) ?? {};
  const peer = cases.find((other) => name.test(other.name));
  return own && peer ? `${(peer.ratio / own.ratio).toFixed(2)}×` : 'not for pages';
}

/** What a run has for a column: all cases, and ours. */
function columnCases({ suite, group, own }: PeerColumn, runtime: Runtime) {
  const found = readResult(suite, runtime)?.groups.find(({ title }) => title === group);
  if (!found) return undefined;
  const { unit, cases } = found;
  return { unit, cases, own: own ? cases.find(({ name }) => name === own) : cases[0] };
}

/** A row of the model card: AP over all 20 classes of the test slice, and milliseconds an image. */
function cardFigures(card: string, name: string): { ap: string; ms: number } {
  const cells = card
    .match(new RegExp(`^\\| ${name}.*$`, 'm'))?.[0]
    .split('|')
    .map((cell) => cell.trim());
  const [, ap07, cocoAp] = cells?.at(-5)?.match(/^([\d.]+) \([\d.]+, ([\d.]+)\)$/) ?? [];
  if (!cells || !ap07) throw new Error(`models/README.md has no figures of ${name}`);
  return { ap: `${ap07} (${cocoAp})`, ms: Number.parseFloat(cells.at(-2)!) };
}

/** One row per group: for each version of Node our result, and its multiple of each peer's. */
function benchmarkTable(): string {
  const rows = COMPARISONS.flatMap((name) => {
    const results = RUNTIMES.map((runtime) => readResult(name, runtime));
    const found = results.flatMap((result) => result ?? []);
    const works = new Set(found.flatMap(({ groups }) => groups.map(({ title }) => title)));
    return [...works]
      .filter((work) => !DETAILS.test(work))
      .map((work) => {
        const cells = results.flatMap((result) => {
          const group = result?.groups.find(({ title }) => title === work);
          return group ? [ours(group), others(group)] : ['–', '–'];
        });
        return [found[0].title, work, ...cells];
      });
  });
  const columns = RUNTIMES.flatMap(({ title }) => [title, 'as a multiple of the others']);
  return markdownTable(['', 'work', ...columns], rows);
}

function ours({ unit, cases: [{ median }] }: Group): string {
  return `${significant(median)} ${unit}`;
}

function others({ cases: [, ...peers] }: Group): string {
  return peers.map(({ name, ratio }) => `${(1 / ratio).toFixed(2)}× ${name}`).join('; ');
}

/** The results of a suite in the first version of Node that has run it, and when the others have. */
function sections(name: string): string[] {
  const [result, ...others] = tableResults(name);
  if (!result) return [];
  const { title, about } = result;
  const also = others.map((other) => ` In the tables above, also ${conditions(other)}.`).join('');
  const text = [
    `### ${title}\n`,
    `${about} (${conditions(result)}.${also})\n`,
    ...groupTables(result, '####'),
  ];
  return [text.join('\n')];
}

/** Targets, and the results of the last runs. */
function targetTable(): string {
  const rows = TARGETS.map((target) => [
    target.work,
    target.asked,
    ...RUNTIMES.map((runtime) => measured(target, runtime) || '–'),
    `\`${target.suite}\``,
  ]);
  const columns = RUNTIMES.map(({ title }) => title);
  return markdownTable(['work', 'target', ...columns, '`npm run bench --` …'], rows);
}

/** One figure for each group of the target. */
function measured({ suite, groups, ours, against, as }: Target, runtime: Runtime): string {
  const found = (readResult(suite, runtime)?.groups ?? []).filter(({ title }) =>
    groups.test(title),
  );
  return found
    .map(({ unit, cases }) => {
      if (against === undefined) return `${significant(cases[0].median)} ${unit}`;
      const peers = cases.filter(({ name }) => [against].flat().includes(name));
      const own = cases.find(({ name }) => name === (ours ?? cases[0].name));
      if (peers.length === 0 || !own) return '–';
      const ratio = Math.min(...peers.map((peer) => peer.ratio)) / own.ratio;
      if (as === 'share') return `${(100 * ratio).toFixed(0)} %`;
      // One digit cannot tell parity from a few percent less.
      return as === 'speed-up'
        ? `${ratio.toFixed(ratio < 2 ? 2 : 1)}×`
        : `${(1 / ratio).toFixed(2)}×`;
    })
    .join(', ');
}
