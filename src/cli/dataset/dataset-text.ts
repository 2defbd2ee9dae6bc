/** Results of the `dataset` commands as text. */
import path from 'node:path';
import { formatPlace } from '../../datasets/check/findings.ts';
import { groupBy } from '../../datasets/group-by.ts';
import type {
  AnchorStats,
  CheckReport,
  ConvertReport,
  DatasetStats,
  Finding,
  FixReport,
  MatchCount,
  SizeBin,
} from '../../datasets/index.ts';
import { counted, printable } from '../printable.ts';
import { textBar, textTable } from '../text-table.ts';

const BAR_WIDTH = 24;
/** Width of `100.0 %`. */
const PERCENT_WIDTH = 7;
/** Findings of each kind in the text; `--json` has all. */
const SHOWN_FINDINGS = 5;

/** The report as text; the findings come last, because the end stays on the screen. */
export function checkText(report: CheckReport): string {
  const { root, format, classes, stats } = report;
  const splits = Object.values(stats.splits);
  const images = splits.reduce((sum, split) => sum + split.images, 0);
  const boxes = splits.reduce((sum, split) => sum + split.boxes, 0);
  const title =
    `${printable(path.basename(root))}: ${format.toUpperCase()}, ${counted(classes.length, 'class', 'classes')}, ` +
    `${counted(images, 'image')}, ${counted(boxes, 'box', 'boxes')}`;
  const blocks = [[title], splitTable(stats), classTable(classes, stats), sizeTable(stats.anchors)];
  const lists = [
    findingList('error', report.errors, root),
    findingList('warning', report.warnings, root),
    findingList('note', report.notes, root),
  ];
  const found = lists.filter((lines) => lines.length > 0);
  if (report.errors.length === 0) found.unshift(['no errors']);
  return [...blocks, ...found].map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function splitTable({ splits }: DatasetStats): string[] {
  return textTable(
    ['split', 'images', 'without boxes', 'boxes', 'difficult', 'crowd'],
    Object.entries(splits).map(([name, split]) => [
      name,
      split.images,
      split.imagesWithoutBoxes,
      split.boxes,
      split.difficult,
      split.crowd,
    ]),
  );
}

/** Boxes per split, of every class that has boxes. */
function classTable(classes: readonly string[], { splits, anchors }: DatasetStats): string[] {
  const names = Object.keys(splits);
  const rows = classes.map((label) => [
    printable(label),
    ...names.map((name) => splits[name].perClass[label].boxes),
    percent(anchors.perClass[label]).padStart(PERCENT_WIDTH),
  ]);
  const used = rows.filter((row) => row.some((cell) => typeof cell === 'number' && cell > 0));
  return textTable(['class', ...names.map((name) => `${name} boxes`), 'matched'], used);
}

function sizeTable({ preset, inputSize, perSize, ...total }: AnchorStats): string[] {
  const most = Math.max(1, ...perSize.map(({ boxes }) => boxes));
  const rows = perSize.map((bin) => [
    binName(bin),
    bin.boxes,
    percent(bin).padStart(PERCENT_WIDTH),
    textBar(bin.boxes / most, BAR_WIDTH),
  ]);
  return [
    `${percent(total)} of ${counted(total.boxes, 'box', 'boxes')} are matched by an anchor of ` +
      `${preset} (IoU > 0.5)`,
    ...textTable([`side at ${inputSize} px`, 'boxes', 'matched', ''], rows),
  ];
}

const binName = ({ from, to }: SizeBin): string => (to === null ? `${from}–` : `${from}–${to}`);

function percent({ boxes, matched }: MatchCount): string {
  return boxes === 0 ? '–' : `${((100 * matched) / boxes).toFixed(1)} %`;
}

function findingList(name: string, findings: readonly Finding[], root: string): string[] {
  if (findings.length === 0) return [];
  const groups = groupBy(findings, ({ code }) => code);
  const lines = [...groups].flatMap(([code, group]) => [
    `  ${code}`,
    ...group.slice(0, SHOWN_FINDINGS).map((finding) => {
      const place = formatPlace(finding, root);
      return `    ${printable(`${place ? `${place}: ` : ''}${finding.message}`)}`;
    }),
    ...(group.length > SHOWN_FINDINGS
      ? [`    … and ${group.length - SHOWN_FINDINGS} more (--json lists all)`]
      : []),
    `    → ${group[0].advice}`,
  ]);
  return [counted(findings.length, name), ...lines];
}

/** The result of a conversion, with what the format could not hold. */
export function convertText(folder: string, { images, boxes, losses }: ConvertReport): string {
  const written = `${counted(images, 'image')} and ${counted(boxes, 'box', 'boxes')}`;
  const lines = images === 0 ? [] : [`wrote ${written} in ${printable(folder)}`];
  return [...lines, ...losses.map((loss) => `lost: ${loss}`), ''].join('\n');
}

/** Boxes that were kept and dropped, by reason. */
export function droppedText({ boxes, dropped }: Pick<FixReport, 'boxes' | 'dropped'>): string {
  const reasons = Object.entries(dropped);
  if (reasons.length === 0) return '';
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const parts = reasons.map(([reason, count]) => `${reason} ${count}`);
  return `kept ${counted(boxes, 'box', 'boxes')}, dropped ${total}: ${parts.join(', ')}\n`;
}

/** Boxes left out, clipped or corrected, one change per line. */
export function changesText(changes: readonly string[]): string {
  return changes.map((change) => `${printable(change)}\n`).join('');
}
