/** Writes the tables of README and docs/performance.md, between markers, from the JSON files of the last runs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable, significant } from './harness.ts';
import { conditions, groupTables, RESULTS, type SuiteResult } from './results.ts';
import { type Group, SUITE_NAMES } from './suite.ts';
import { TARGETS, type Target } from './targets.ts';

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
const DETAILS = /, 1 thread$|several threads|after the first|at most|as shipped|share of time/;

/** What README compares: columns, and the peers that have been measured in the same runs. */
const PEER_COLUMNS = [
  {
    title: 'JPEG to boxes',
    suite: 'end-to-end',
    group: 'the default model, 500×375, 2 threads',
  },
  { title: 'start to first boxes', suite: 'cold-start', group: 'the default model' },
  { title: 'memory after 100 images', suite: 'memory', group: 'the default model, after 100' },
  { title: 'a page downloads', suite: 'size', group: 'gzip, one thread' },
] as const;
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
    ['docs/performance.md', 'benchmarks', benchmarkTable(present(COMPARISONS))],
    ['docs/performance.md', 'targets', targetTable()],
    ['docs/performance.md', 'results', present(SUITE_NAMES).map(section).join('\n')],
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

/** Results of the suites that have run. */
function present(names: readonly string[]): SuiteResult[] {
  return names.flatMap((name) => readResult(name) ?? []);
}

function readResult(name: string): SuiteResult | undefined {
  const file = path.join(RESULTS, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function replaceBetween(name: string, text: string, mark: string, content: string): string {
  const [open, close] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`${name} has no ${open} … ${close}`);
  return `${text.slice(0, start + open.length)}\n${content}\n${text.slice(end)}`;
}

/** README's rows: ours, then peers as multiples of ours. The last peer is measured for the model card only. */
function peerTable(): string {
  const groups = PEER_COLUMNS.map(({ suite, group }) =>
    readResult(suite)?.groups.find(({ title }) => title === group),
  );
  const ratioOf = (peer: RegExp) => (group: Group | undefined) => {
    const found = group?.cases.find(({ name }) => peer.test(name));
    return found ? `${found.ratio.toFixed(2)}×` : 'not for pages';
  };
  const card = readFileSync(fileOf('models/README.md'), 'utf8');
  const shipped = cardFigures(card, 'RefineDet, shipped');
  // Times are compared within one run, which was made before the calibration.
  const [own, centerNet] = [
    cardFigures(card, 'RefineDet, stage 3, int8'),
    cardFigures(card, 'CenterNet'),
  ];
  const slower = `${(centerNet.ms / own.ms).toFixed(2)}×, decoded`;
  const rows = [
    ['**refinedet**', ...groups.map((group) => (group ? ours(group) : '–')), shipped.ap],
    ...PEERS.map(({ name, cases }) => [name, ...groups.map(ratioOf(cases)), 'same weights']),
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

/** A row of the model card: AP over all 20 classes of the test slice, and milliseconds an image. */
function cardFigures(card: string, name: string): { ap: string; ms: number } {
  const cells = card
    .match(new RegExp(`^\\| ${name}.*$`, 'm'))?.[0]
    .split('|')
    .map((cell) => cell.trim());
  const [, ap07, cocoAp] = cells?.[6].match(/^([\d.]+) \([\d.]+, ([\d.]+)\)$/) ?? [];
  if (!cells || !ap07) throw new Error(`models/README.md has no figures of ${name}`);
  return { ap: `${ap07} (${cocoAp})`, ms: Number.parseFloat(cells[9]) };
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
