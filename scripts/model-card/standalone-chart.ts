/** The curves of a run as self-contained images: light and dark, with a legend. */

import { STYLE } from '../../src/report/style.ts';
import { lossChart, scoreChart } from '../../src/training/node/report/training-curves.ts';
import type { StepRecord } from '../../src/training/run/step-record.ts';

const LEGEND = ['total', 'ARM objectness', 'ARM boxes', 'ODM classes', 'ODM boxes'];

export function lossCurve(records: readonly StepRecord[]): string {
  const items = LEGEND.map(
    (name, i) => `<tspan style="fill:var(--s${i})">● </tspan><tspan>${name}  </tspan>`,
  );
  return standalone(
    String(lossChart(records)),
    `<text x="90" y="16" class="tick">${items.join('')}</text>`,
  );
}

export function scoreCurve(records: readonly StepRecord[]): string {
  return standalone(String(scoreChart(records)));
}

/** The SVG element of a chart, with the parts of the page's style sheet that it needs. */
function standalone(page: string, extra = ''): string {
  const svg = page.slice(page.indexOf('<svg'), page.indexOf('</svg>'));
  const open = svg.slice(0, svg.indexOf('>') + 1);
  const rules = String(STYLE).split('\n');
  const roots = rules.slice(
    0,
    rules.findIndex((rule) => rule.startsWith('*')),
  );
  const style = [...roots, ...rules.filter((rule) => /^\.(chart|line)/.test(rule))].join('\n');
  const background = '<rect width="100%" height="100%" rx="10" style="fill:var(--card)"/>';
  const named = open.replace(
    '<svg',
    '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif"',
  );
  return `${named}<style>${style}</style>${background}${svg.slice(open.length)}${extra}</svg>\n`;
}
