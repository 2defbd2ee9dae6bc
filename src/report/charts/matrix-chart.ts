/** A table of counts as shaded cells. */
import { scaleSqrt } from 'd3-scale';
import { type Html, html } from '../html.ts';
import { type Frame, px, svg } from './frame.ts';

export interface MatrixChart {
  /** Description of the chart. */
  label: string;
  rows: readonly string[];
  columns: readonly string[];
  /** [rows, columns] */
  counts: readonly (readonly number[])[];
  rowTitle: string;
  columnTitle: string;
}

/** Above this number of columns, cells are small and show no numbers; the tooltip shows them. */
const MOST_NUMBERED = 24;
/** Size of cells, space for names, and direction of column names. */
const LARGE = { cell: 34, character: 6.6, slope: -50, rise: 0.8, side: 0.7, style: 'name' };
const SMALL = { cell: 13, character: 5.6, slope: -90, rise: 1, side: 0, style: 'name small' };
/** User units between cells. */
const GAP = 1.5;

/** Cells are shaded by their share of the row. */
export function matrixChart(chart: MatrixChart): Html {
  const { label, rows, columns, counts, rowTitle, columnTitle } = chart;
  const numbered = columns.length <= MOST_NUMBERED;
  const { cell, character, slope, rise, side, style } = numbered ? LARGE : SMALL;
  const room = Math.max(...[...rows, ...columns].map(({ length }) => length), 4);
  const margin = Math.min(room, 16) * character + 12;
  const frame: Frame = {
    left: margin + 16,
    top: margin * rise + 20,
    right: margin * side,
    bottom: 4,
    width: margin + 16 + columns.length * cell + margin * side,
    height: margin * rise + 24 + rows.length * cell,
  };
  const shade = scaleSqrt([0, 1], [0.04, 1]);
  const gridWidth = columns.length * cell - GAP;
  const marks = counts.flatMap((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const y = px(frame.top + i * cell);
    const track = html`<rect class="track" x="${px(frame.left)}" y="${y}" width="${gridWidth}" height="${cell - GAP}" rx="2"/>`;
    const cells = row.map((count, j) => {
      if (count === 0) return html``;
      const share = count / total;
      const x = px(frame.left + j * cell);
      const kind = i === j && rows[i] === columns[j] ? 'right' : 'wrong';
      const number = html`<text class="count${share > 0.45 ? ' on' : ''}" x="${x + (cell - GAP) / 2}" y="${y + cell / 2 + 3}" text-anchor="middle">${count}</text>`;
      return html`<g><title>${rows[i]} → ${columns[j]}: ${count} (${Math.round(share * 100)} %)</title><rect class="cell" x="${x}" y="${y}" width="${cell - GAP}" height="${cell - GAP}" rx="2"/><rect class="cell ${kind}" x="${x}" y="${y}" width="${cell - GAP}" height="${cell - GAP}" rx="2" fill-opacity="${shade(share).toFixed(2)}"/>${numbered ? number : undefined}</g>`;
    });
    return [track, ...cells];
  });
  const names = [
    ...rows.map(
      (name, i) =>
        html`<text class="${style}" x="${px(frame.left - 7)}" y="${px(frame.top + (i + 0.5) * cell + 3.5)}" text-anchor="end">${cut(name)}</text>`,
    ),
    ...columns.map((name, j) => {
      const [x, y] = [px(frame.left + (j + 0.5) * cell + (numbered ? 0 : 3)), px(frame.top - 7)];
      return html`<text class="${style}" transform="translate(${x} ${y}) rotate(${slope})">${cut(name)}</text>`;
    }),
  ];
  const middle = px(frame.top + (rows.length * cell) / 2);
  const titles = [
    html`<text class="axis" transform="translate(11 ${middle}) rotate(-90)" text-anchor="middle">${rowTitle}</text>`,
    html`<text class="axis" x="${px(frame.left)}" y="12">${columnTitle}</text>`,
  ];
  return svg(frame, label, [...marks, ...names, ...titles], 0.75);
}

function cut(name: string): string {
  return name.length <= 16 ? name : `${name.slice(0, 15)}…`;
}
