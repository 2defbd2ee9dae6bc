import { describe, expect, it } from 'vitest';
import { barChart } from '../../src/report/charts/bar-chart.ts';
import { lineChart, type Point } from '../../src/report/charts/line-chart.ts';
import { matrixChart } from '../../src/report/charts/matrix-chart.ts';
import { escapeHtml, html } from '../../src/report/html.ts';
import { card, columns, facts, figures, renderPage, table } from '../../src/report/page.ts';

const HOSTILE = `<script>alert("1")</script>&'`;
const ESCAPED = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;';

/** Numbers of a path's `M x,y L x,y …`. */
const coordinates = (d: string): number[] => (d.match(/-?[\d.]+/g) ?? []).map(Number);

describe('html', () => {
  it('escapes inserted text and keeps markup', () => {
    const inner = html`<b title="${HOSTILE}">${HOSTILE}</b>`;
    expect(inner.text).toBe(`<b title="${ESCAPED}">${ESCAPED}</b>`);
    expect(html`<p>${inner}${[inner, inner]}${1}${undefined}</p>`.text).toBe(
      `<p>${inner.text.repeat(3)}1</p>`,
    );
  });

  it('replaces control characters and those that reorder text', () => {
    expect(escapeHtml('a\u0000b\u001bc\u202ed\u2066e\nf')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde\nf');
  });
});

describe('pages', () => {
  it('load nothing and run nothing, with any content', () => {
    const page = renderPage({
      kicker: HOSTILE,
      title: HOSTILE,
      lead: HOSTILE,
      sections: [
        card(HOSTILE, HOSTILE, HOSTILE),
        columns([[card(HOSTILE, undefined, facts([[HOSTILE, HOSTILE]]))]]),
        figures([{ value: HOSTILE, name: HOSTILE }]),
        table([HOSTILE], [[HOSTILE]], [HOSTILE]),
      ],
      footer: HOSTILE,
    });
    expect(page).toContain(ESCAPED);
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect(page).not.toMatch(/@import|url\(/);
    expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'/);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('@media print');
  });
});

describe('line charts', () => {
  const chart = (points: readonly Point[], more = {}) =>
    lineChart({ label: HOSTILE, x: {}, y: {}, series: [{ name: HOSTILE, points }], ...more }).text;
  const path = (text: string) => /class="line s0" d="([^"]*)"/.exec(text)?.[1] ?? '';

  it('draw every point inside the frame', () => {
    const text = chart([
      [0, 5],
      [1, 25],
      [2, 15],
    ]);
    const [x1, y1, x2, y2, x3, y3] = coordinates(path(text));
    expect([x1 < x2, x2 < x3, y2 < y3, y3 < y1]).toEqual([true, true, true, true]);
    expect(Math.min(x1, y1, x2, y2, x3, y3)).toBeGreaterThanOrEqual(0);
    expect(text).not.toContain('<script');
  });

  it('leave a gap where a value is not finite', () => {
    const d = path(
      chart([
        [0, 1],
        [1, Number.NaN],
        [2, 3],
        [3, 4],
      ]),
    );
    expect(d.match(/M/g)).toHaveLength(2);
    expect(d).not.toContain('NaN');
  });

  it('accept one point, equal points and no points', () => {
    for (const points of [
      [],
      [[1, 1]],
      [
        [1, 1],
        [2, 1],
      ],
    ] as Point[][]) {
      expect(chart(points)).not.toMatch(/NaN|Infinity/);
      expect(chart(points, { y: { log: true } })).not.toMatch(/NaN|Infinity/);
    }
  });

  it('space powers of ten evenly on a logarithmic axis', () => {
    const points: Point[] = [
      [0, 1],
      [1, 10],
      [2, 100],
    ];
    const [, y1, , y2, , y3] = coordinates(path(chart(points, { y: { log: true } })));
    expect(y1 - y2).toBeCloseTo(y2 - y3, 0);
  });

  it('hold values in steps', () => {
    const points: Point[] = [
      [0, 0],
      [1, 1],
    ];
    expect(coordinates(path(chart(points)))).toHaveLength(4);
    expect(path(chart(points, { steps: true }))).not.toBe(path(chart(points)));
  });
});

describe('bar charts', () => {
  it('have lengths proportional to their values', () => {
    const { text } = barChart({
      label: 'l',
      bars: [
        { name: HOSTILE, value: 1, text: 'one' },
        { name: 'half', value: 0.5, text: 'half' },
      ],
      high: 1,
      reference: { value: 0.75, text: 'mean' },
    });
    const widths = [...text.matchAll(/class="bar"[^>]* width="([\d.]+)"/g)].map((m) =>
      Number(m[1]),
    );
    expect(widths[1] / widths[0]).toBeCloseTo(0.5, 2);
    expect(text).toContain(`<title>${ESCAPED}: one</title>`);
    expect(text).not.toContain('<script');
  });

  it('accept no bars and only zeros', () => {
    expect(barChart({ label: 'l', bars: [] }).text).not.toMatch(/NaN|Infinity/);
    const zeros = barChart({ label: 'l', bars: [{ name: 'a', value: 0, text: '0' }] }).text;
    expect(zeros).not.toMatch(/NaN|Infinity/);
  });
});

describe('matrix charts', () => {
  it('mark the diagonal, name every count and draw no empty cell', () => {
    const { text } = matrixChart({
      label: 'l',
      rows: ['cat', HOSTILE],
      columns: ['cat', 'missed'],
      counts: [
        [3, 1],
        [2, 0],
      ],
      rowTitle: 'r',
      columnTitle: 'c',
    });
    expect(text.match(/class="cell right"/g)).toHaveLength(1);
    expect(text.match(/class="cell wrong"/g)).toHaveLength(2);
    expect(text).toContain('<title>cat → missed: 1 (25 %)</title>');
    expect(text).not.toContain('<script');
  });

  it('of many classes have small cells without numbers, and upright names above them', () => {
    const chart = (size: number) => {
      const names = Array.from({ length: size }, (_, i) => `class ${i}`);
      const counts = names.map((_, i) => names.map((_, j) => (i === j ? 7 : 0)));
      const titles = { label: '', rowTitle: 'true', columnTitle: 'detected' };
      return matrixChart({ ...titles, rows: names, columns: names, counts }).text;
    };
    expect(chart(24).match(/<text class="count/g)).toHaveLength(24);
    expect(chart(25)).not.toContain('<text class="count');
    expect(chart(25)).toContain('<title>class 3 → class 3: 7 (100 %)</title>');
    expect(chart(25).match(/<text class="name small" transform="[^"]*rotate\(-90\)/g)).toHaveLength(
      25,
    );
  });
});
