/** The style sheet of report pages: light, dark and print, self-contained. */
import { Html } from './html.ts';

export const STYLE = new Html(`
:root {
  color-scheme: light dark;
  --page: #f5f4f1; --card: #ffffff; --ink: #1d2026; --soft: #5d6472; --faint: #8b92a0;
  --rule: #e5e3de; --grid: #ecebe7; --track: #f1efeb;
  --s0: #0b7a75; --s1: #d1603d; --s2: #4b5fc1; --s3: #a5731b; --s4: #8a4f9e; --s5: #4f7d2c;
  --bad: #c8452f; --wash: #e2f1ef; --on: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131519; --card: #1c1f25; --ink: #eceae6; --soft: #a8aebb; --faint: #7d8492;
    --rule: #2d3139; --grid: #2a2e36; --track: #262a31;
    --s0: #3fbfb4; --s1: #f08c66; --s2: #8f9ff0; --s3: #dcae57; --s4: #c58fd8; --s5: #93c264;
    --bad: #f0765f; --wash: #1b3534; --on: #10161a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 44px; padding-bottom: 8px; }
.kicker { color: var(--s0); font-size: 13px; font-weight: 650; letter-spacing: .08em; text-transform: uppercase; margin: 0; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -.015em; margin: 6px 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 20px; line-height: 1.25; letter-spacing: -.005em; margin: 0 0 4px; }
h3 { font-size: 15px; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 0 0 12px; }
.lead, .hint { color: var(--soft); }
.lead { font-size: 17px; max-width: 70ch; }
.hint { font-size: 14px; max-width: 78ch; margin-bottom: 14px; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 14px; padding: 22px 24px; margin: 20px 0; }
.columns { display: grid; align-items: start; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 20px; margin: 20px 0; }
.columns > div { display: flex; flex-direction: column; gap: 20px; min-width: 0; }
.columns .card { margin: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0; }
.figure { background: var(--card); border: 1px solid var(--rule); border-radius: 14px; padding: 14px 18px; }
.figure.main { background: var(--s0); border-color: transparent; color: var(--on); }
.figure b { display: block; font-size: 28px; line-height: 1.2; font-weight: 680; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.figure span { display: block; font-size: 13px; line-height: 1.35; margin-top: 2px; color: var(--soft); }
.figure.main span { color: inherit; opacity: .85; }
.scroll { overflow-x: auto; }
.multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 18px 20px; }
.multiples figure, .shots figure { margin: 0; }
.multiples figcaption { display: flex; justify-content: space-between; gap: 8px; align-items: baseline; }
.multiples figcaption span { color: var(--soft); font-size: 13px; white-space: nowrap; font-variant-numeric: tabular-nums; }
.shots { display: grid; grid-template-columns: repeat(auto-fill, minmax(165px, 1fr)); gap: 18px 16px; }
.shot { aspect-ratio: 4 / 3; background: var(--track); border-radius: 10px; overflow: hidden; display: flex; align-items: center; justify-content: center; color: var(--faint); font-size: 13px; }
.shot svg { width: 100%; height: 100%; display: block; }
.shots figcaption { font-size: 13px; line-height: 1.4; color: var(--soft); padding-top: 7px; overflow-wrap: anywhere; }
.shots figcaption b { color: var(--ink); font-size: 14px; }
.shots .file { color: var(--faint); font-size: 12px; }
.boxes rect { fill: none; vector-effect: non-scaling-stroke; }
.boxes .halo { stroke: rgba(0, 0, 0, .55); stroke-width: 4.5; }
.boxes .detected { stroke: #ff6a4d; stroke-width: 2.25; }
.boxes .truth { stroke: #4ee6b8; stroke-width: 2.25; stroke-dasharray: 6 4; }
.key { display: inline-block; width: 20px; height: 0; border-top: 3px solid #ff6a4d; vertical-align: middle; margin-right: 5px; }
.key.truth { border-top: 3px dashed #25b98a; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); font-size: 13px; padding: 6px 10px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
td { text-align: right; padding: 6px 10px; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; overflow-wrap: anywhere; min-width: 7.5em; }
.scroll + .scroll { margin-top: 14px; }
tfoot td { font-weight: 650; border-bottom: 0; border-top: 1px solid var(--rule); }
dl { display: grid; grid-template-columns: minmax(110px, max-content) 1fr; gap: 5px 22px; margin: 10px 0 0; font-size: 14.5px; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
footer { color: var(--faint); font-size: 13px; padding-top: 6px; padding-bottom: 44px; }
.chart { display: block; width: 100%; height: auto; font-size: 13px; }
.chart text { fill: var(--ink); }
.chart .grid { stroke: var(--grid); }
.chart .tick, .chart .axis { fill: var(--soft); font-size: 12px; }
.chart .note { font-size: 12.5px; font-weight: 600; paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.chart .name.small { font-size: 10.5px; }
.chart .line { fill: none; stroke-width: 2.25; stroke-linejoin: round; }
.chart .dashed { stroke-width: 1.5; stroke-dasharray: 5 4; opacity: .75; }
.chart .area { opacity: .13; }
.chart .dot { fill: var(--card); stroke: var(--ink); stroke-width: 2; }
.chart .track { fill: var(--track); }
.chart .cell { fill: var(--card); }
.chart .bar, .chart .cell.right { fill: var(--s0); }
.chart .cell.wrong { fill: var(--bad); }
.chart .value { font-variant-numeric: tabular-nums; font-weight: 600; }
.chart .reference { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 4; }
.chart .count { font-size: 11.5px; font-variant-numeric: tabular-nums; }
.chart .count.on { fill: var(--on); }
${[0, 1, 2, 3, 4, 5].map((i) => `.line.s${i} { stroke: var(--s${i}); } .area.s${i} { fill: var(--s${i}); } .swatch.s${i} { background: var(--s${i}); }`).join('\n')}
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 8px; padding: 0; font-size: 13.5px; color: var(--soft); }
.swatch { display: inline-block; width: 14px; height: 4px; border-radius: 2px; margin-right: 7px; vertical-align: middle; }
@media (max-width: 600px) {
  main, header, footer { padding-left: 14px; padding-right: 14px; }
  header { padding-top: 26px; }
  h1 { font-size: 26px; }
  .card { padding: 16px 14px; border-radius: 12px; }
  .figures { grid-template-columns: repeat(auto-fit, minmax(96px, 1fr)); gap: 8px; }
  .figure { padding: 10px 12px; }
  .figure b { font-size: 22px; }
  .multiples { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px 12px; }
  .multiples figcaption { flex-direction: column; gap: 0; }
  .shots { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px 12px; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 8px; }
}
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --faint: #666; }
  body { font-size: 11pt; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  .card, .figure { border-radius: 6px; }
  .multiples figure, .shots figure, .figure, .chart, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .chart, .figure, .shot, .key, .swatch { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`);
