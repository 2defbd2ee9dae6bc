import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SUITE_NAMES } from '../../bench/suite.ts';
import { tableResults, updatedTexts } from '../../bench/tables.ts';

const own = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');

it.each(['README.md', 'docs/performance.md'])('%s has the tables of the last runs', (name) => {
  const rows = (text: string) => text.split('\n').filter((line) => line.startsWith('|'));
  expect(rows(updatedTexts().get(name)!)).toEqual(rows(own(name)));
});

it.each(SUITE_NAMES)(
  'the columns of %s are from one kind of machine, in three rounds or more',
  (name) => {
    const results = tableResults(name);
    expect(results.length).toBeGreaterThan(0);
    for (const { options } of results) expect(options.rounds).toBeGreaterThanOrEqual(3);
    expect(new Set(results.map(({ machine: { cpu, cores } }) => `${cpu}, ${cores}`)).size).toBe(1);
  },
);

it('README compares four detectors, ours in two versions of Node, each cell with a figure or the reason why not', () => {
  const [, table] = own('README.md').match(/<!-- peers -->\n([\s\S]*?)\n<!-- \/peers -->/)!;
  const [header, , ...rows] = table.split('\n').map((line) => line.split('|').slice(1, -1));
  expect(rows).toHaveLength(5);
  for (const row of rows) {
    expect(row).toHaveLength(header.length);
    for (const cell of row.slice(1))
      expect(cell).toMatch(/\d|same weights|not for pages|not measured/);
  }
  const figures = rows.map(([, jpegToBoxes]) => Number.parseFloat(jpegToBoxes));
  // Not native code: machines differ in who is ahead.
  expect(figures[2]).toBeGreaterThan(1);
  expect(figures[4]).toBeGreaterThan(1);
});
