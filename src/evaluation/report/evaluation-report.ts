/** The evaluation report: one HTML file. */
import { points } from '../../report/charts/frame.ts';
import { type Html, html } from '../../report/html.ts';
import {
  card,
  columns,
  type Figure,
  facts,
  figures,
  renderPage,
  table,
} from '../../report/page.ts';
import type { Analysis } from '../analysis/analyze.ts';
import type { CocoResult, EvaluationResult } from '../evaluate.ts';
import { METRIC_NAMES } from '../metric-names.ts';
import {
  apBars,
  confusionChart,
  errorBars,
  prMultiples,
  reliabilityChart,
  TALLEST_BARS,
  thresholdChart,
} from './charts.ts';
import { falsePositiveCard, missCard } from './galleries.ts';

/** Texts of a report besides its figures. */
export interface ReportOptions {
  /** Default: the name and split of the dataset. */
  title?: string;
  /** What produced the detections: model, preset, training, license … Shown unchanged. */
  model?: readonly (readonly [name: string, value: string])[];
  /** Wall-clock time over all images. */
  speed?: { seconds: number; images: number; setting?: string };
  /** Date of the report. Default: now. */
  created?: Date;
}

/**
 * Renders an analysis as a self-contained page: works offline, without scripts, light and dark, printable.
 * Reads the images of the worst errors from the dataset; a note replaces an image that cannot be read.
 * @returns the HTML text
 */
export async function renderReport(
  analysis: Analysis,
  { title, model = [], speed, created = new Date() }: ReportOptions = {},
): Promise<string> {
  const { dataset, result, confusion } = analysis;
  const date = created.toISOString().slice(0, 16).replace('T', ' ');
  const iou = analysis.iouThreshold;
  const score = confusion.scoreThreshold.toFixed(2);
  const missed = missedCount(analysis);
  const bars = card('Average precision by class', apHint(result), apBars(analysis));
  const overall = [
    card(
      'Choosing a score threshold',
      `All classes together, at IoU ${iou}. The threshold with the best F1 is a good default for showing boxes.`,
      thresholdChart(analysis),
    ),
    ...reliabilityCard(analysis),
    card(
      'Kinds of error',
      `From score ${score}. Poor box: IoU 0.1 to ${iou} with a box of its class; wrong class: covers a box of another class; duplicate: covers a box that is already found.`,
      errorBars(analysis.kinds, missed),
    ),
  ];
  const tall = analysis.classes.length > TALLEST_BARS;
  return renderPage({
    kicker: 'RefineDet evaluation',
    title: title ?? `${dataset.name} · ${dataset.split}`,
    lead: leadSentence(analysis),
    sections: [
      figures(headline(analysis, speed)),
      ...(tall ? [columns(overall.map((one) => [one])), bars] : [columns([[bars], overall])]),
      card(
        'Precision against recall',
        `One curve per class, at IoU ${iou}, in percent: precision (vertical) against recall (horizontal).`,
        prMultiples(analysis),
      ),
      card(
        'Confusion',
        `Detections with a score from ${score}. Rows are true classes, shaded by share; the last row is background, the last column counts missed boxes.`,
        html`<div class="scroll">${confusionChart(confusion)}</div>`,
      ),
      ...(result.metric === 'coco'
        ? [card('The twelve COCO numbers', undefined, cocoTables(result))]
        : []),
      card('Classes', tableHint(result), classTable(analysis)),
      await falsePositiveCard(analysis.falsePositives),
      await missCard(analysis.misses, score, missed),
      card('Sources', undefined, facts(provenance(analysis, model, speed, date))),
    ],
    footer: `Made by refinedet on ${date} UTC. This file works offline and contains no scripts.`,
  });
}

/** Nothing where scores are no probabilities. */
function reliabilityCard({ reliability, iouThreshold }: Analysis): Html[] {
  if (!reliability) return [];
  const hint = `Share of right detections (at IoU ${iouThreshold}) with about the same score. On the dashed line, a score of 0.5 is right in half of the cases. Mean distance from the line, over all detections: ${points(reliability.error)} points.`;
  return [card('Trusting a score', hint, reliabilityChart(reliability))];
}

function leadSentence({ result, best }: Analysis): string {
  const { images, groundTruth, detections } = result;
  const counts = `${groundTruth.toLocaleString('en')} boxes in ${images.toLocaleString('en')} images, ${detections.toLocaleString('en')} detections.`;
  if (best.f1 === 0) return `${counts} None of them is right.`;
  return `${counts} At a score of ${best.threshold.toFixed(2)}, ${points(best.precision)} % of the detections are right and ${points(best.recall)} % of the boxes are found.`;
}

const orDash = (value: number | null): string => (value === null ? '–' : points(value));

function headline({ result, best }: Analysis, speed: ReportOptions['speed']): Figure[] {
  const shared: Figure[] = [
    { value: points(best.f1), name: `best F1, at score ${best.threshold.toFixed(2)}` },
    ...(speed ? [{ value: rate(speed), name: 'images per second' }] : []),
  ];
  if (result.metric !== 'coco') {
    const name = `mAP at IoU ${result.iouThreshold}`;
    return [{ value: orDash(result.mAP), name }, ...shared];
  }
  return [
    { value: orDash(result.AP), name: 'AP at IoU .50:.95' },
    { value: orDash(result.AP50), name: 'AP at IoU .50' },
    { value: orDash(result.AP75), name: 'AP at IoU .75' },
    { value: orDash(result.AR100), name: 'AR, 100 detections' },
    ...shared,
  ];
}

function cocoTables(result: CocoResult): Html {
  const areas = ['small', 'medium', 'large'];
  return html`${table(
    ['average precision', 'IoU .50:.95', 'IoU .50', 'IoU .75', ...areas],
    [
      [
        'AP',
        ...[
          result.AP,
          result.AP50,
          result.AP75,
          result.APsmall,
          result.APmedium,
          result.APlarge,
        ].map(orDash),
      ],
    ],
  )}${table(
    ['average recall, detections', '1', '10', '100', ...areas],
    [
      [
        'AR',
        ...[
          result.AR1,
          result.AR10,
          result.AR100,
          result.ARsmall,
          result.ARmedium,
          result.ARlarge,
        ].map(orDash),
      ],
    ],
  )}`;
}

function rate({ images, seconds }: NonNullable<ReportOptions['speed']>): string {
  const perSecond = images / seconds;
  return perSecond.toFixed(perSecond < 10 ? 2 : 1);
}

function apHint({ metric }: EvaluationResult): string {
  return `${METRIC_NAMES[metric]}, in percent.`;
}

function tableHint({ classesWithoutGroundTruth, ignoredClasses }: EvaluationResult): string {
  const notes = ['Precision, recall and F1 at the score threshold with the best F1 of the class.'];
  if (classesWithoutGroundTruth.length > 0) {
    notes.push(
      `Left out of every mean, because they have no ground truth that counts: ${classesWithoutGroundTruth.join(', ')}.`,
    );
  }
  if (ignoredClasses.length > 0) {
    notes.push(`Detected, but not classes of the dataset: ${ignoredClasses.join(', ')}.`);
  }
  return notes.join(' ');
}

function classTable({ classes, result }: Analysis): Html {
  const coco = result.metric === 'coco' ? result : undefined;
  const rows = classes.map(({ name, ap, groundTruth, detections, best }) => [
    name,
    points(ap),
    ...(coco ? [points(coco.perClass50[name])] : []),
    String(groundTruth),
    String(detections),
    best ? points(best.precision) : '–',
    best ? points(best.recall) : '–',
    best ? points(best.f1) : '–',
    best ? best.threshold.toFixed(2) : '–',
  ]);
  const head = [
    'class',
    'AP',
    ...(coco ? ['AP50'] : []),
    'boxes',
    'detections',
    'precision',
    'recall',
    'F1',
    'at score',
  ];
  const sum = (value: (one: Analysis['classes'][number]) => number) =>
    String(classes.reduce((total, one) => total + value(one), 0));
  const mean = coco
    ? [orDash(coco.AP), orDash(coco.AP50)]
    : [orDash((result as { mAP: number | null }).mAP)];
  const foot = [
    'mean',
    ...mean,
    sum((c) => c.groundTruth),
    sum((c) => c.detections),
    '',
    '',
    '',
    '',
  ];
  return table(head, rows, foot);
}

/** Number of boxes without a right detection at the threshold of the confusion matrix. */
function missedCount({ confusion: { classes, counts }, result }: Analysis): number {
  const right = classes.reduce((sum, _, i) => sum + counts[i * (classes.length + 2)], 0);
  return result.groundTruth - right;
}

function provenance(
  { dataset, result, iouThreshold, confusion }: Analysis,
  model: NonNullable<ReportOptions['model']>,
  speed: ReportOptions['speed'],
  date: string,
): [string, string][] {
  const ignored = result.ignoredGroundTruth;
  return [
    ...model.map(([name, value]): [string, string] => [name, value]),
    ['Dataset', `${dataset.name} (${dataset.format.toUpperCase()}), split ${dataset.split}`],
    ['Folder', dataset.root],
    [
      'Ground truth',
      `${result.groundTruth} boxes that count${ignored > 0 ? `, ${ignored} difficult or crowd boxes that do not` : ''}`,
    ],
    ['Metric', METRIC_NAMES[result.metric]],
    [
      'Curves and errors',
      `IoU ${iouThreshold}; confusion and errors from score ${confusion.scoreThreshold.toFixed(2)}`,
    ],
    ...(speed
      ? [
          [
            'Speed',
            `${rate(speed)} images per second: ${speed.images} in ${speed.seconds.toFixed(1)} s${speed.setting ? `, ${speed.setting}` : ''}`,
          ] as [string, string],
        ]
      : []),
    ['Made', `${date} UTC`],
  ];
}
