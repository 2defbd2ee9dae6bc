/** Common parts of charts: plot area, axes, number formats. Colors come from the page's style sheet. */
import type { ScaleContinuousNumeric } from 'd3-scale';
import { type Html, html } from '../html.ts';

/** User units of the SVG; the page scales it to the available width. */
export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export type NumericScale = ScaleContinuousNumeric<number, number>;

/** Rounds a coordinate: a tenth of a unit is invisible. */
export const px = (value: number): number => Math.round(value * 10) / 10;

/** `0.873` → `87.3`: AP in points, like in papers. */
export const points = (fraction: number): string => (fraction * 100).toFixed(1);

/**
 * The SVG element around a chart.
 * @param label description of the chart, for screen readers
 * @param least smallest share of its full width at which it stays legible; below it scrolls
 */
export function svg(
  { width, height }: Frame,
  label: string,
  content: readonly Html[],
  least = 0,
): Html {
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" style="max-width:${px(width * 1.4)}px;min-width:${px(width * least)}px" role="img" aria-label="${label}">${content}</svg>`;
}

/** Horizontal axis at the bottom of the frame, with grid lines. */
export function xAxis(
  frame: Frame,
  scale: NumericScale,
  ticks: number,
  format: (value: number) => string,
  label?: string,
): Html {
  const base = frame.height - frame.bottom;
  const marks = scale.ticks(ticks).map((value) => {
    const x = px(scale(value));
    return html`<line class="grid" x1="${x}" x2="${x}" y1="${frame.top}" y2="${base}"/><text class="tick" x="${x}" y="${base + 15}" text-anchor="middle">${format(value)}</text>`;
  });
  const middle = px((frame.left + frame.width - frame.right) / 2);
  const caption =
    label &&
    html`<text class="axis" x="${middle}" y="${frame.height - 4}" text-anchor="middle">${label}</text>`;
  return html`<g>${marks}${caption || undefined}</g>`;
}

/** Vertical axis at the left of the frame, with grid lines. */
export function yAxis(
  frame: Frame,
  scale: NumericScale,
  ticks: number,
  format: (value: number) => string,
  label?: string,
): Html {
  const end = frame.width - frame.right;
  const marks = scale.ticks(ticks).map((value) => {
    const y = px(scale(value));
    return html`<line class="grid" x1="${frame.left}" x2="${end}" y1="${y}" y2="${y}"/><text class="tick" x="${frame.left - 6}" y="${y + 4}" text-anchor="end">${format(value)}</text>`;
  });
  const caption =
    label &&
    html`<text class="axis" x="${frame.left}" y="${frame.top - 8}" text-anchor="start">${label}</text>`;
  return html`<g>${marks}${caption || undefined}</g>`;
}
