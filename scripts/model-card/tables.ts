/** The card's tables. */
import { CLASS_SETS, hasBoxes, meanPercent } from '../../bench/accuracy/class-sets.ts';
import type { Accuracy, SplitAccuracy } from '../../bench/accuracy/results.ts';
import { markdownTable } from '../../bench/harness.ts';
import { VOC_CLASSES } from '../../src/labels.ts';
import type { StepRecord } from '../../src/training/records.ts';

const percent = (value: number | undefined) =>
  value === undefined || Number.isNaN(value) ? '–' : (100 * value).toFixed(1);

/**
 * Per class and split: boxes, AP by eleven points, by area, and COCO's; each split by the first detector
 * that has not been trained on it.
 */
export function classTable(results: readonly Accuracy[]): string {
  const splits = fairly(results);
  const header = [
    'class',
    ...splits.flatMap(({ data }) => [`${data}: boxes`, 'AP07', 'AP area', 'COCO AP']),
  ];
  const rows = VOC_CLASSES.map((label) => [
    label,
    ...splits.flatMap(({ boxes, voc07, voc12, coco }) => [
      String(boxes[label]),
      percent(voc07[label]),
      percent(voc12[label]),
      percent(coco[label]),
    ]),
  ]);
  const total = ({ boxes, voc07, voc12, coco }: SplitAccuracy) => [
    String(sum(Object.values(boxes))),
    ...[voc07, voc12, coco].map((values) => percent(mean(Object.values(values)))),
  ];
  return markdownTable(header, [...rows, ['**mean**', ...splits.flatMap(total)]]);
}

/** All detectors on all splits: mAP at 0.5 by eleven points (by area, COCO AP). */
export function comparisonTable(results: readonly Accuracy[]): string {
  const columns = fairly(results).flatMap((found, split) =>
    CLASS_SETS.filter(([, classes]) => hasBoxes(found, classes)).map(([name, classes]) => ({
      title: `${found.data}: ${name}`,
      split,
      classes,
    })),
  );
  const header = ['detector', ...columns.map(({ title }) => title), 'MB', 'load', 'a picture'];
  const rows = results.map(({ name, bytes, loadMs, splits }) => [
    name,
    ...columns.map(({ split, classes }) => cell(splits[split], classes)),
    (bytes / 1e6).toFixed(1),
    `${loadMs.toFixed(0)} ms`,
    `${splits.find((found) => found)!.millisecondsAPicture.toFixed(0)} ms`,
  ]);
  return markdownTable(header, rows);
}

/** The evaluations of a run. */
export function courseTable(records: readonly StepRecord[]): string {
  const rows = records.flatMap(({ step, inputSize, losses, evaluation }) =>
    evaluation
      ? [
          [
            String(step),
            `${inputSize} px`,
            losses.total.toFixed(2),
            percent(evaluation.score ?? undefined),
          ],
        ]
      : [],
  );
  return markdownTable(['step', 'input', 'loss', 'mAP07'], rows);
}

/** Each split as the first detector sees it that has not been trained on it. */
function fairly(results: readonly Accuracy[]): SplitAccuracy[] {
  return results[0].splits.map((_, i) => results.find(({ splits }) => splits[i])!.splits[i]!);
}

function cell(found: SplitAccuracy | null, classes: readonly string[]): string {
  if (!found || !classes.every((label) => label in found.boxes)) return '–';
  const [eleven, area, coco] = [found.voc07, found.voc12, found.coco].map((perClass) =>
    meanPercent(perClass, classes).toFixed(1),
  );
  return `${eleven} (${area}, ${coco})`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
