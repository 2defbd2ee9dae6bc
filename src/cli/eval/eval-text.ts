/** Results of `refinedet eval` as text and JSON. */
import { listed } from '../../errors.ts';
import type { Analysis } from '../../evaluation/analysis/analyze.ts';
import type { ConfusionMatrix } from '../../evaluation/analysis/confusion.ts';
import type { CocoResult, EvaluationResult } from '../../evaluation/evaluate.ts';
import { METRIC_NAMES } from '../../evaluation/metric-names.ts';
import { printable } from '../printable.ts';
import { type Cell, textTable } from '../text-table.ts';
import type { Found } from './found.ts';

/** A percentage, padded to a common width. */
const points = (value: number | null | undefined): string =>
  (value === null || value === undefined ? '–' : (value * 100).toFixed(1)).padStart(5);

/** A table by class with the mean. */
export function evaluationText(analysis: Analysis, { about }: Found): string {
  const { dataset, result } = analysis;
  const speed =
    about.speed && `, ${(about.speed.images / about.speed.seconds).toFixed(1)} images/s`;
  const iou = result.metric === 'coco' ? '' : `, IoU ${result.iouThreshold}`;
  const lines = [
    `${dataset.name} ${dataset.split}, ${result.images} images${speed ?? ''}`,
    `${METRIC_NAMES[result.metric]}${iou}, in percent`,
    '',
    ...classTable(analysis),
    ...(result.metric === 'coco' ? ['', ...summaryTable(result)] : []),
    ...notes(result),
  ];
  return `${lines.map((line) => (line === '' ? '' : printable(line))).join('\n')}\n`;
}

function classTable({ classes, result }: Analysis): string[] {
  const coco = result.metric === 'coco' ? result : undefined;
  const rows = classes.map(({ name, ap, groundTruth, detections, best }): Cell[] => [
    printable(name),
    points(ap),
    ...(coco ? [points(coco.perClass50[name])] : []),
    groundTruth,
    detections,
    points(best?.f1),
    best ? best.threshold.toFixed(2) : '–',
  ]);
  const mean: Cell[] = coco
    ? ['mean', points(coco.AP), points(coco.AP50)]
    : ['mean', points((result as Exclude<EvaluationResult, CocoResult>).mAP)];
  const total = (count: (one: (typeof classes)[number]) => number) =>
    classes.reduce((sum, one) => sum + count(one), 0);
  const foot = [...mean, total((c) => c.groundTruth), total((c) => c.detections), '', ''];
  const head = [
    'class',
    '   AP',
    ...(coco ? [' AP50'] : []),
    'boxes',
    'detections',
    '   F1',
    'at score',
  ];
  return textTable(head, [...rows, foot]);
}

/** The twelve numbers, with the names of the COCO tools. */
function summaryTable(result: CocoResult): string[] {
  const rows: [string, string, string, string, number | null][] = [
    ['AP', '0.50:0.95', 'all', '100', result.AP],
    ['AP50', '0.50', 'all', '100', result.AP50],
    ['AP75', '0.75', 'all', '100', result.AP75],
    ['APsmall', '0.50:0.95', 'small', '100', result.APsmall],
    ['APmedium', '0.50:0.95', 'medium', '100', result.APmedium],
    ['APlarge', '0.50:0.95', 'large', '100', result.APlarge],
    ['AR1', '0.50:0.95', 'all', '1', result.AR1],
    ['AR10', '0.50:0.95', 'all', '10', result.AR10],
    ['AR100', '0.50:0.95', 'all', '100', result.AR100],
    ['ARsmall', '0.50:0.95', 'small', '100', result.ARsmall],
    ['ARmedium', '0.50:0.95', 'medium', '100', result.ARmedium],
    ['ARlarge', '0.50:0.95', 'large', '100', result.ARlarge],
  ];
  return textTable(
    ['', 'IoU', 'area', 'detections', 'value'],
    rows.map(([name, iou, area, most, value]) => [name, iou, area, Number(most), points(value)]),
  );
}

function notes(result: EvaluationResult): string[] {
  const { classesWithoutGroundTruth: unseen, ignoredClasses, ignoredGroundTruth } = result;
  const lines = [
    unseen.length > 0 && `not in the mean, because none of their boxes counts: ${listed(unseen)}`,
    ignoredClasses.length > 0 && `detected, but not scored here: ${listed(ignoredClasses)}`,
    ignoredGroundTruth > 0 &&
      `difficult or crowd boxes that count neither as right nor as wrong: ${ignoredGroundTruth}`,
  ].filter((line) => line !== false);
  return lines.length > 0 ? ['', ...lines] : [];
}

/** All numbers: the documented result and its analysis. */
export function evaluationJson(analysis: Analysis, { about, failed }: Found): string {
  const { dataset, result, classes, best, confusion, kinds, iouThreshold } = analysis;
  return `${JSON.stringify(
    {
      ...result,
      dataset: {
        name: dataset.name,
        split: dataset.split,
        format: dataset.format,
        root: dataset.root,
      },
      ...(about.speed && {
        speed: { ...about.speed, imagesPerSecond: about.speed.images / about.speed.seconds },
      }),
      unreadableImages: failed,
      analysis: {
        iouThreshold,
        best,
        classes: classes.map(({ curve: _, ...numbers }) => numbers),
        falsePositives: kinds,
        scoreThreshold: confusion.scoreThreshold,
        confusion: confusionList(confusion),
      },
    },
    null,
    2,
  )}\n`;
}

/** Cells above zero, the largest first; null is background, or missed. */
function confusionList({ classes, counts }: ConfusionMatrix) {
  const size = classes.length + 1;
  const nameOf = (index: number) => classes[index] ?? null;
  return Array.from(counts, (count, cell) => ({
    truth: nameOf(Math.floor(cell / size)),
    detected: nameOf(cell % size),
    count,
  }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}
