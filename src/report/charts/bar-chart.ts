/** Horizontal bars with names and values. */
import { scaleBand, scaleLinear } from 'd3-scale';
import { type Html, html } from '../html.ts';
import { type Frame, px, svg } from './frame.ts';

export interface Bar {
  name: string;
  value: number;
  /** Value as text, at the end of the bar. */
  text: string;
}

export interface BarChart {
  /** Description of the chart. */
  label: string;
  bars: readonly Bar[];
  /** Right end of the axis. Default: the largest value. */
  high?: number;
  /** A dashed line across all bars. */
  reference?: { value: number; text: string };
}

const WIDTH = 520;
const ROW = 24;
const CHARACTER = 7.2;
/** Longer names are cut; the tooltip shows them in full. */
const LONGEST_NAME = 18;

export function barChart({ label, bars, high, reference }: BarChart): Html {
  const longest = Math.min(LONGEST_NAME, Math.max(...bars.map(({ name }) => name.length), 4));
  const frame: Frame = {
    width: WIDTH,
    height: bars.length * ROW + (reference ? 22 : 4),
    left: longest * CHARACTER + 14,
    right: 70,
    top: reference ? 20 : 2,
    bottom: 2,
  };
  const x = scaleLinear(
    [0, high ?? Math.max(...bars.map(({ value }) => value), 1e-9)],
    [frame.left, WIDTH - frame.right],
  );
  const y = scaleBand(bars.keys(), [frame.top, frame.height - frame.bottom]).padding(0.28);
  const thickness = px(y.bandwidth());
  const rows = bars.map(({ name, value, text }, i) => {
    const top = px(y(i) ?? 0);
    const middle = px(top + thickness / 2 + 4.5);
    const end = px(x(value));
    return html`<g><title>${name}: ${text}</title><text class="name" x="${px(frame.left - 8)}" y="${middle}" text-anchor="end">${cut(name)}</text><rect class="track" x="${px(frame.left)}" y="${top}" width="${px(x.range()[1] - frame.left)}" height="${thickness}" rx="3"/><rect class="bar" x="${px(frame.left)}" y="${top}" width="${Math.max(0, px(end - frame.left))}" height="${thickness}" rx="3"/><text class="value" x="${px(x.range()[1] + 8)}" y="${middle}">${text}</text></g>`;
  });
  return svg(
    frame,
    label,
    reference ? [...rows, referenceLine(frame, px(x(reference.value)), reference.text)] : rows,
  );
}

function referenceLine({ top, height }: Frame, x: number, text: string): Html {
  return html`<line class="reference" x1="${x}" x2="${x}" y1="${top - 4}" y2="${height}"/><text class="note" x="${x}" y="${top - 8}" text-anchor="middle">${text}</text>`;
}

function cut(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}
