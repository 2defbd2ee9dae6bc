/** Charts of reports as images of their own, light and dark. */
import type { Html } from '../../src/report/html.ts';
import { STYLE } from '../../src/report/style.ts';

/** The SVG element of a chart, with the parts of the page's style sheet that it needs. */
export function standaloneChart(chart: Html): string {
  const page = String(chart);
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
  return `${named}<style>${style}</style>${background}${svg.slice(open.length)}</svg>\n`;
}
