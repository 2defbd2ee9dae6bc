/** A report page: one HTML file that works offline and contains no scripts. */
import { type Html, html, type Insertable } from './html.ts';
import { STYLE } from './style.ts';

export interface Page {
  /** Small line above the title: the kind of report. */
  kicker: string;
  title: string;
  /** One or two sentences below the title. */
  lead?: Insertable;
  /** Content of {@link card}, {@link columns} and {@link figures}. */
  sections: readonly Html[];
  footer?: string;
}

/** The whole page as text. */
export function renderPage({ kicker, title, lead, sections, footer }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header><p class="kicker">${kicker}</p><h1>${title}</h1>${lead === undefined ? undefined : html`<p class="lead">${lead}</p>`}</header>
<main>
${sections}
</main>
<footer>${footer}</footer>
</body>
</html>
`.text;
}

/** A titled section. `hint` explains how to read it. */
export function card(title: string, hint: Insertable, content: Insertable): Html {
  const note = hint === undefined ? undefined : html`<p class="hint">${hint}</p>`;
  return html`<section class="card"><h2>${title}</h2>${note}${content}</section>
`;
}

/** Columns of cards, side by side if they fit. */
export function columns(list: readonly (readonly Html[])[]): Html {
  const stacks = list.map((cards) => html`<div>${cards}</div>`);
  return html`<div class="columns">${stacks}</div>
`;
}

export interface Figure {
  value: string;
  name: string;
}

/** Numbers in large type; the first one is the main result. */
export function figures(list: readonly Figure[]): Html {
  const items = list.map(
    ({ value, name }, i) =>
      html`<div class="figure${i === 0 ? ' main' : ''}"><b>${value}</b><span>${name}</span></div>`,
  );
  return html`<div class="figures">${items}</div>
`;
}

/** Names with their values. */
export function facts(list: readonly (readonly [name: string, value: string])[]): Html {
  return html`<dl>${list.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/** Rows of text, the first column left-aligned, the others right. Wide tables scroll. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  foot?: readonly string[],
): Html {
  const cells = (row: readonly string[]) =>
    html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  return html`<div class="scroll"><table><thead><tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr></thead><tbody>${rows.map(cells)}</tbody>${foot && html`<tfoot>${cells(foot)}</tfoot>`}</table></div>`;
}
