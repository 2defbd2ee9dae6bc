/** The tables of the model card. */
import { CLASS_SETS, hasBoxes, meanPercent } from '../../bench/accuracy/class-sets.ts';
import type { Accuracy, SplitAccuracy } from '../../bench/accuracy/results.ts';
import { markdownTable } from '../../bench/harness.ts';
import { VOC_CLASSES } from '../../src/labels.ts';
import type { StepRecord } from '../../src/training/run/step-record.ts';

/** Prefix of this package's models in bench/accuracy.ts. */
const OURS = 'RefineDet, ';

const percent = (value: number | undefined) =>
  value === undefined || Number.isNaN(value) ? '–' : (100 * value).toFixed(1);

/**
 * Per class and split: boxes, AP by eleven points, by area, and COCO's; each split scored by the first
 * RefineDet model that was not trained on it.
 */
export function classTable(results: readonly Accuracy[]): string {
  const ours = results.filter(({ name }) => name.startsWith(OURS));
  const fair = fairly(ours);
  const splits = fair.map(({ found }) => found);
  const header = [
    'class',
    ...fair.flatMap(({ name, found }) => [
      `${found.data}, ${name.slice(OURS.length)}: boxes`,
      'AP07',
      'AP area',
      'COCO AP',
    ]),
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
  const columns = fairly(results).flatMap(({ found }, split) =>
    CLASS_SETS.filter(([, classes]) => hasBoxes(found, classes)).map(([name, classes]) => ({
      title: `${found.data}: ${name}`,
      split,
      classes,
    })),
  );
  const header = ['detector', ...columns.map(({ title }) => title), 'MB', 'load', 'per image'];
  // Uses one set of images for all detectors, so that times are comparable.
  const timed = results[0].splits.findIndex((_, i) => results.every(({ splits }) => splits[i]));
  const rows = results.map(({ name, bytes, loadMs, splits }) => [
    name,
    ...columns.map(({ split, classes }) => cell(splits[split], classes)),
    (bytes / 1e6).toFixed(1),
    `${loadMs.toFixed(0)} ms`,
    imageTime(splits[timed]),
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

/**
 * Returns the results of each split for the first detector that was not trained on it.
 * @throws when all detectors were trained on a split
 */
function fairly(results: readonly Accuracy[]): { name: string; found: SplitAccuracy }[] {
  return results[0].splits.map((_, i) => {
    for (const { name, splits } of results) {
      const found = splits[i];
      if (found) return { name, found };
    }
    throw new Error(`every detector was trained on split ${i + 1}`);
  });
}

function imageTime(found: SplitAccuracy | null | undefined): string {
  return found ? `${found.millisecondsAImage.toFixed(0)} ms` : '–';
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
