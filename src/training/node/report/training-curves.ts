/** The charts of a training report. */
import { points as percent } from '../../../report/charts/frame.ts';
import { legend, lineChart, type Point } from '../../../report/charts/line-chart.ts';
import { type Html, html } from '../../../report/html.ts';
import type { StepRecord } from '../../run/step-record.ts';

/** Number of points of a curve: more are not distinguishable. */
const MOST_POINTS = 120;
const EPOCH = { label: 'epoch' };

const PARTS = [
  ['total', 'total'],
  ['armConf', 'ARM objectness'],
  ['armLoc', 'ARM boxes'],
  ['odmConf', 'ODM classes'],
  ['odmLoc', 'ODM boxes'],
  ['teacher', 'teacher'],
] as const;

export function lossChart(records: readonly StepRecord[]): Html {
  const used = PARTS.filter(([part]) => records.some(({ losses }) => losses[part] > 0));
  const series = used.map(([part, name]) => ({
    name,
    points: means(records, ({ losses }) => losses[part]),
  }));
  const chart = lineChart({
    label: 'Loss and its parts by epoch',
    x: EPOCH,
    y: { label: 'loss', domain: [0, Math.max(...series[0].points.map(([, loss]) => loss))] },
    series,
  });
  return html`${legend(used.map(([, name]) => name))}${chart}`;
}

export function rateChart(records: readonly StepRecord[]): Html {
  return lineChart({
    label: 'Learning rate by epoch',
    x: EPOCH,
    y: { label: 'learning rate', format: (rate) => Number(rate.toPrecision(2)).toExponential() },
    series: [{ name: 'learning rate', points: means(records, (record) => record.learningRate) }],
    size: [520, 200],
  });
}

export function speedChart(records: readonly StepRecord[]): Html {
  const points = means(records, ({ imagesPerSecond }) => imagesPerSecond);
  return lineChart({
    label: 'Images per second by epoch',
    x: EPOCH,
    y: { label: 'images per second' },
    series: [{ name: 'images per second', points }],
    size: [520, 200],
  });
}

export function scoreChart(records: readonly StepRecord[]): Html {
  const points = records.flatMap(({ epoch, evaluation }): Point[] =>
    evaluation?.score == null ? [] : [[epoch, evaluation.score]],
  );
  const best = points.toSorted(([, a], [, b]) => b - a)[0];
  return lineChart({
    label: 'Average precision by epoch',
    x: { ...EPOCH, domain: [0, records.at(-1)!.epoch] },
    y: { label: 'mean average precision, percent', format: percent, domain: [0, 1] },
    series: [{ name: 'mAP', points }],
    ...(best && { mark: { at: best, text: percent(best[1]) } }),
  });
}

/** Means over intervals of steps, each placed at the middle of its interval. */
function means(records: readonly StepRecord[], value: (record: StepRecord) => number): Point[] {
  const count = Math.min(MOST_POINTS, records.length);
  return Array.from({ length: count }, (_, i): Point => {
    const [from, to] = [i, i + 1].map((n) => Math.floor((n * records.length) / count));
    const stretch = records.slice(from, to);
    const mean = (of: (record: StepRecord) => number) =>
      stretch.reduce((sum, record) => sum + of(record), 0) / stretch.length;
    return [mean(({ epoch }) => epoch), mean(value)];
  });
}
