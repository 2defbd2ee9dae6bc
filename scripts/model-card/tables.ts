/** The tables of the model card that show the models of the package. */
import { markdownTable } from '../../bench/harness.ts';
import { DEFAULT_SCORE_THRESHOLD } from '../../src/detection/detect-options.ts';
import type { VocResult } from '../../src/evaluation/evaluate.ts';
import type { Figures } from './figures.ts';

const percent = (value: number | null) => (value === null ? '–' : (100 * value).toFixed(1));

/** The ways to average precision, for the head of a table. */
const APS = ['AP07', 'AP area', 'COCO AP'];

function meansOf({ analysis, area, coco }: Figures): string[] {
  return [(analysis.result as VocResult).mAP, area.mAP, coco.AP].map(percent);
}

/** Classes with their boxes, and for each model all averages, its best F1 and the score of it. */
export function classTable(models: readonly Figures[]): string {
  const header = [
    'class',
    'boxes',
    ...models.flatMap(({ name }) => [`${name}: AP07`, ...APS.slice(1), 'best F1', 'at score']),
  ];
  const [{ analysis }] = models;
  const rows = analysis.classes.map(({ name, groundTruth }, i) => [
    name,
    String(groundTruth),
    ...models.flatMap(({ analysis: { classes }, area, coco }) => {
      const { ap, best } = classes[i];
      return [
        ...[ap, area.perClass[name], coco.perClass[name]].map(percent),
        best ? percent(best.f1) : '–',
        best ? best.threshold.toFixed(2) : '–',
      ];
    }),
  ]);
  const boxes = analysis.classes.reduce((sum, { groundTruth }) => sum + groundTruth, 0);
  const foot = models.flatMap((model) => [...meansOf(model), '', '']);
  return markdownTable(header, [...rows, ['**mean**', String(boxes), ...foot]]);
}

/** Each model at several input sizes. */
export function sizeTable(found: readonly Figures[]): string {
  const rows = found.map((one) => [one.name, `${one.settings.inputSize} px`, ...meansOf(one)]);
  return markdownTable(['model', 'input', ...APS], rows);
}

/** How far scores are from being probabilities, and what the usual threshold costs. */
export function thresholdTable(models: readonly Figures[]): string {
  const rows = models.map(({ name, analysis: { best, thresholds, reliability } }) => {
    const usual = thresholds.find(({ threshold }) => threshold >= DEFAULT_SCORE_THRESHOLD)!;
    return [
      name,
      percent(usual.f1),
      percent(usual.precision),
      percent(usual.recall),
      percent(best.f1),
      best.threshold.toFixed(2),
      percent(reliability!.error),
    ];
  });
  const usual = `F1 at ${DEFAULT_SCORE_THRESHOLD}`;
  const header = [
    'model',
    usual,
    'precision',
    'recall',
    'best F1',
    'at score',
    'calibration error',
  ];
  return markdownTable(header, rows);
}

const NUMBERS = { int8: '8 bits', float32: 'floats' };

/** The same models with other numbers, and without box voting. */
export function settingsTable(found: readonly Figures[]): string {
  const rows = found.map((one) => {
    const { compute, boxVoting } = one.settings;
    return [one.data, one.name, NUMBERS[compute], boxVoting ? 'on' : 'off', ...meansOf(one)];
  });
  return markdownTable(['data', 'model', 'computes in', 'box voting', ...APS], rows);
}
