/** Lines over a numeric axis: precision-recall, scores, losses. */
import { scaleLinear, scaleLog } from 'd3-scale';
import { area, curveLinear, curveStepBefore, line } from 'd3-shape';
import { type Html, html } from '../html.ts';
import { type Frame, px, svg, xAxis, yAxis } from './frame.ts';

export type Point = readonly [x: number, y: number];

export interface Series {
  name: string;
  points: readonly Point[];
  /** Fills the area below. Default false. */
  filled?: boolean;
  /** Draws it fainter and dashed, for a comparison. Default false. */
  dashed?: boolean;
}

export interface Axis {
  /** Range of the axis. Default: the range of the data, widened to round numbers. */
  domain?: readonly [low: number, high: number];
  label?: string;
  /** Approximate number of labels. Default 5. */
  ticks?: number;
  format?: (value: number) => string;
  /** Logarithmic axis; for positive values. Default false. */
  log?: boolean;
}

export interface LineChart {
  /** Description of the chart. */
  label: string;
  x: Axis;
  y: Axis;
  series: readonly Series[];
  /** A dot with a text beside it. */
  mark?: { at: Point; text: string };
  /** User units; default 520 × 300. */
  size?: readonly [width: number, height: number];
  /** Draws steps that hold each value back to the previous point, instead of straight lines. */
  steps?: boolean;
}

const plain = (value: number): string =>
  value.toLocaleString('en', { maximumSignificantDigits: 3 });

/** Values that are not finite leave a gap. */
export function lineChart({ label, x, y, series, mark, size, steps }: LineChart): Html {
  const [width, height] = size ?? [520, 300];
  const small = width < 300;
  const frame: Frame = {
    width,
    height,
    left: small ? 34 : 46,
    right: 12,
    top: y.label ? 26 : 10,
    bottom: x.label ? 38 : 22,
  };
  const xScale = scaleOf(
    x,
    series.flatMap((s) => s.points.map(([value]) => value)),
  );
  const yScale = scaleOf(
    y,
    series.flatMap((s) => s.points.map(([, value]) => value)),
  );
  xScale.range([frame.left, width - frame.right]);
  yScale.range([height - frame.bottom, frame.top]);
  const known = ([px, py]: Point) => Number.isFinite(px) && Number.isFinite(py);
  const curve = steps ? curveStepBefore : curveLinear;
  const path = line<Point>(
    ([value]) => xScale(value),
    ([, value]) => yScale(value),
  )
    .curve(curve)
    .defined(known)
    .digits(1);
  const below = area<Point>(
    ([value]) => xScale(value),
    yScale.range()[0],
    ([, value]) => yScale(value),
  )
    .curve(curve)
    .defined(known)
    .digits(1);

  const lines = series.map(({ name, points, filled, dashed }, i) => {
    const shade = filled && html`<path class="area s${i}" d="${below(points as Point[]) ?? ''}"/>`;
    return html`<g><title>${name}</title>${shade || undefined}<path class="line s${i}${dashed ? ' dashed' : ''}" d="${path(points as Point[]) ?? ''}"/></g>`;
  });
  const format = { x: x.format ?? plain, y: y.format ?? plain };
  return svg(frame, label, [
    xAxis(frame, xScale, x.ticks ?? 5, format.x, x.label),
    yAxis(frame, yScale, y.ticks ?? 5, format.y, y.label),
    ...lines,
    ...(mark ? [dot(frame, px(xScale(mark.at[0])), px(yScale(mark.at[1])), mark.text)] : []),
  ]);
}

function scaleOf({ domain, log = false }: Axis, values: readonly number[]) {
  const scale = log ? scaleLog() : scaleLinear();
  if (domain) return scale.domain(domain);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = log ? [0.1, 1] : [0, 1];
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  return scale.domain([low, high]).nice();
}

function dot({ left, width }: Frame, x: number, y: number, text: string): Html {
  const toTheLeft = x > left + (width - left) * 0.6;
  const shift = toTheLeft ? -8 : 8;
  return html`<circle class="dot" cx="${x}" cy="${y}" r="4"/><text class="note" x="${x + shift}" y="${y - 8}" text-anchor="${toTheLeft ? 'end' : 'start'}">${text}</text>`;
}

/** Names of the series in their colors. */
export function legend(names: readonly string[]): Html {
  const items = names.map((name, i) => html`<li><span class="swatch s${i}"></span>${name}</li>`);
  return html`<ul class="legend">${items}</ul>`;
}
