/** The charts of an evaluation. */
import { type Bar, barChart } from '../../report/charts/bar-chart.ts';
import { points } from '../../report/charts/frame.ts';
import { legend, lineChart, type Point } from '../../report/charts/line-chart.ts';
import { matrixChart } from '../../report/charts/matrix-chart.ts';
import { type Html, html } from '../../report/html.ts';
import { columns } from '../../report/page.ts';
import type { Analysis, ClassAnalysis } from '../analysis/analyze.ts';
import type { ConfusionMatrix } from '../analysis/confusion.ts';
import type { FalsePositiveKind } from '../analysis/error-types.ts';
import type { Reliability } from '../analysis/reliability.ts';
import type { PrCurve } from '../matches.ts';

const percent = (fraction: number): string => `${Math.round(fraction * 100)}`;
const UNIT = [0, 1] as const;

/** Above this number, bars are shown in two columns. */
export const TALLEST_BARS = 30;

/** AP by class, best first, with a line at the mean. */
export function apBars({ classes, result }: Analysis): Html {
  const mean = result.metric === 'coco' ? result.AP : result.mAP;
  const bars = classes
    .toSorted((a, b) => b.ap - a.ap)
    .map(({ name, ap }): Bar => ({ name, value: ap, text: points(ap) }));
  const chart = (part: readonly Bar[]) =>
    barChart({
      label: 'Average precision by class',
      bars: part,
      high: 1,
      ...(mean !== null && { reference: { value: mean, text: `mean ${points(mean)}` } }),
    });
  if (bars.length <= TALLEST_BARS) return chart(bars);
  const half = Math.ceil(bars.length / 2);
  return columns([[chart(bars.slice(0, half))], [chart(bars.slice(half))]]);
}

/** Precision, recall and F1 against the score threshold, with the best F1 marked. */
export function thresholdChart({ thresholds, best }: Analysis): Html {
  const names = ['precision', 'recall', 'F1'] as const;
  const series = (['precision', 'recall', 'f1'] as const).map((key, i) => ({
    name: names[i],
    // Precision means nothing without right detections.
    points: thresholds
      .filter(({ recall }) => recall > 0 || key === 'recall')
      .map((point): Point => [point.threshold, point[key]]),
  }));
  const chart = lineChart({
    label: 'Precision, recall and F1 against the score threshold',
    x: {
      domain: [thresholds[0].threshold, thresholds[thresholds.length - 1].threshold],
      label: 'score threshold',
    },
    y: { domain: UNIT, label: 'percent', format: percent },
    series,
    mark: {
      at: [best.threshold, best.f1],
      text: `best F1 ${points(best.f1)} at ${best.threshold.toFixed(2)}`,
    },
  });
  return html`${legend(names)}${chart}`;
}

/** Share of right detections against their score; on the dashed line, a score is the probability to be right. */
export function reliabilityChart({ bins }: Reliability): Html {
  return lineChart({
    label: 'Share of right detections against the score',
    x: { domain: UNIT, label: 'score' },
    y: { domain: UNIT, label: 'percent right', format: percent },
    series: [
      {
        name: 'detections',
        points: bins.map(({ meanScore, precision }) => [meanScore, precision]),
      },
      {
        name: 'a score equal to the share',
        points: [
          [0, 0],
          [1, 1],
        ],
        dashed: true,
      },
    ],
  });
}

/** One precision-recall curve per class. */
export function prMultiples({ classes }: Analysis): Html {
  const charts = classes.map(
    (one) =>
      html`<figure><figcaption><h3>${one.name}</h3><span>AP ${points(one.ap)}</span></figcaption>${prChart(one)}</figure>`,
  );
  return html`<div class="multiples">${charts}</div>`;
}

function prChart({ name, curve }: ClassAnalysis): Html {
  return lineChart({
    label: `Precision against recall of ${name}`,
    x: { domain: UNIT, ticks: 4, format: percent },
    y: { domain: UNIT, ticks: 3, format: percent },
    series: [{ name: `${name}: precision against recall`, points: thinned(curve), filled: true }],
    size: [240, 150],
  });
}

/** Largest number of points that are distinguishable at this size. */
const GRID = 250;

function thinned({ recall, precision }: PrCurve): Point[] {
  const kept: Point[] = [];
  if (recall.length > 0) kept.push([0, precision[0]]);
  let last = '';
  for (let i = 0; i < recall.length; i++) {
    const cell = `${Math.round(recall[i] * GRID)},${Math.round(precision[i] * GRID)}`;
    if (cell === last && i < recall.length - 1) continue;
    last = cell;
    kept.push([recall[i], precision[i]]);
  }
  return kept;
}

/** Confusion matrix of the classes that occur in it. */
export function confusionChart({ classes, counts }: ConfusionMatrix): Html {
  const size = classes.length + 1;
  const count = (row: number, column: number) => counts[row * size + column];
  const all = Array.from({ length: size }, (_, i) => i);
  const used = all.filter(
    (i) => i < classes.length && all.some((j) => count(i, j) > 0 || count(j, i) > 0),
  );
  const background = classes.length;
  const lines = [...used, background];
  return matrixChart({
    label: 'Confusion matrix: true class by row, detected class by column',
    rows: [...used.map((i) => classes[i]), 'background'],
    columns: [...used.map((i) => classes[i]), 'missed'],
    counts: lines.map((row) => lines.map((column) => count(row, column))),
    rowTitle: 'true class',
    columnTitle: 'detected as',
  });
}

const KIND_NAMES: Record<FalsePositiveKind, string> = {
  background: 'background',
  localization: 'poor box',
  confusion: 'wrong class',
  duplicate: 'duplicate',
};

export const kindName = (kind: FalsePositiveKind): string => KIND_NAMES[kind];

/** Chart of the number of wrong detections by kind, and of missed boxes. */
export function errorBars(kinds: Analysis['kinds'], missed: number): Html {
  const bars = (Object.keys(KIND_NAMES) as FalsePositiveKind[]).map((kind) => ({
    name: kindName(kind),
    value: kinds[kind],
    text: String(kinds[kind]),
  }));
  return barChart({
    label: 'Errors by kind',
    bars: [...bars, { name: 'missed', value: missed, text: String(missed) }],
  });
}
