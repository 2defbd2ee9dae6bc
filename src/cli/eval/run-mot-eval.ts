/** `refinedet eval --metric mot`: tracks from files, scored on ground truth. */
import { RefineDetError } from '../../errors.ts';
import { evaluateMot, type MotResult, type MotScores } from '../../evaluation/mot/evaluate-mot.ts';
import { MOT_IOU } from '../../evaluation/mot/mot-sequence.ts';
import { readMotVideos } from '../../evaluation/mot/mot-videos.ts';
import { printable } from '../printable.ts';
import { print } from '../terminal.ts';
import { textTable } from '../text-table.ts';
import type { EvalFlags } from './eval-options.ts';

/** The options of `eval` that the metric knows. */
const KNOWN = ['data', 'metric', 'tracks', 'json', 'quiet'];

/** @throws USAGE, FILE_NOT_FOUND, PREDICTIONS_FORMAT, DATASET_EMPTY */
export async function runMotEval(model: string | undefined, flags: EvalFlags): Promise<void> {
  if (flags.tracks === undefined || model !== undefined) {
    throw new RefineDetError('USAGE', '--metric mot scores tracks, no model: give --tracks');
  }
  const other = Object.keys(flags).find((name) => !KNOWN.includes(name));
  if (other !== undefined) {
    const flag = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new RefineDetError('USAGE', `--${flag} is not an option of --metric mot`);
  }
  const result = evaluateMot(await readMotVideos(flags.data.path, flags.tracks));
  await print(flags.json ? motJson(result) : motText(result));
}

function motJson(result: MotResult): string {
  return `${JSON.stringify({ metric: 'mot', iouThreshold: MOT_IOU, ...result }, null, 2)}\n`;
}

/** Shares are printed in percent, counts as they are. */
const COLUMNS: readonly {
  shares: readonly (keyof MotScores)[];
  counts: readonly (keyof MotScores)[];
}[] = [
  {
    shares: ['HOTA', 'DetA', 'AssA', 'DetRe', 'DetPr', 'AssRe', 'AssPr', 'LocA'],
    counts: [],
  },
  {
    shares: ['MOTA', 'MOTP'],
    counts: ['TP', 'FP', 'FN', 'IDSW', 'MT', 'PT', 'ML', 'Frag'],
  },
  { shares: ['IDF1', 'IDP', 'IDR'], counts: ['IDTP', 'IDFP', 'IDFN'] },
];

/** One table for each family of metrics: a row for each video, then all together. */
function motText({ sequences, combined }: MotResult): string {
  const all = Object.entries(sequences);
  const rows = all.length > 1 ? [...all, ['combined', combined] as const] : all;
  const tables = COLUMNS.map(({ shares, counts }) =>
    textTable(
      ['', ...shares.map((name) => name.padStart(6)), ...counts],
      rows.map(([name, scores]) => [
        printable(name),
        ...shares.map((share) => (scores[share] * 100).toFixed(2).padStart(6)),
        ...counts.map((count) => scores[count]),
      ]),
    ).join('\n'),
  );
  return `${[`tracks, IoU ${MOT_IOU}, in percent`, ...tables].join('\n\n')}\n`;
}
