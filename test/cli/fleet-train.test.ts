/** `refinedet fleet train`: a sweep that survives a death. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSweep, sweepRuns, sweepTable } from '../../src/fleet/sweep.ts';
import { isPosix } from '../../support/posix.ts';
import { shapesDataset, writeCoco } from '../../support/scenes/shapes.ts';
import { runCli, startCli, temporaryFolder } from './helpers.ts';

const { folder, at, remove } = temporaryFolder();
let data: string;
beforeAll(async () => {
  mkdirSync(at('shapes'));
  data = writeCoco(at('shapes'), await shapesDataset(at('shapes'), 4));
});
afterAll(remove);

const TINY = {
  steps: 6,
  batch: 1,
  workers: 1,
  inputSizes: [{ from: 0, sizes: [64] }],
  init: 'none',
};

describe('refinedet fleet train', { timeout: 120_000 }, () => {
  it('trains and scores every variant, and continues after a death', async ({ skip }) => {
    skip(!isPosix, 'Windows kills differently');
    const sweep = {
      ...{ base: 'base.json', out: 'runs', seeds: [2] },
      variants: { full: {}, 'no TCB': { graphOptions: { tcb: false } } },
      scores: { squares: { data, classes: ['square'] } },
    };
    const base = { ...TINY, data: [{ path: data }] };
    writeFileSync(at('base.json'), JSON.stringify(base));
    writeFileSync(at('sweep.json'), JSON.stringify(sweep));
    const first = startCli(['fleet', 'train', 'sweep.json'], { cwd: folder });
    while (!existsSync(at('runs', 'full-2', 'scores.json'))) await sleep(20);
    await sleep(1500); // the second one is under way
    first.kill('SIGKILL');
    await once(first, 'close');
    const scored = readFileSync(at('runs', 'full-2', 'scores.json'), 'utf8');
    const { code, stdout, stderr } = await runCli(['fleet', 'train', 'sweep.json'], {
      cwd: folder,
    });
    expect({ code, stderr }).toEqual({
      ...{
        code: 0,
        stderr: expect.stringMatching(/^refinedet: 2 trainings, 1 done already\n$/),
      },
    });
    const cell = String.raw`\d+\.\d`;
    expect(stdout).toMatch(new RegExp(`^variant +squares\nfull +${cell}\nno TCB +${cell}\n$`));
    expect(readFileSync(at('runs', 'full-2', 'scores.json'), 'utf8')).toBe(scored);
    const config = JSON.parse(readFileSync(at('runs', 'no-TCB-2', 'config.json'), 'utf8'));
    expect(config).toMatchObject({ seed: 2, steps: 6, graphOptions: { tcb: false } });
    const again = await runCli(['fleet', 'train', 'sweep.json', '--json', '--only', 'full'], {
      cwd: folder,
    });
    expect(JSON.parse(again.stdout)).toEqual([
      { name: 'full-2', variant: 'full', seed: 2, scores: JSON.parse(scored) },
    ]);
  });
});

describe('a sweep', () => {
  const sweepOf = (given: object) =>
    parseSweep(JSON.stringify({ base: {}, out: 'runs', ...given }), 'sweep.json');

  it('is every variant on every fold with every seed, changed group by group', () => {
    const base = { loss: { negativeRatio: 5 }, steps: 9 };
    const sweep = sweepOf({
      options: { steps: 3 },
      variants: { a: {}, 'b/2': { loss: { refineAnchors: false } } },
      folds: { one: { data: [{ path: 'x', split: 'one' }] }, two: {} },
      seeds: [1, 2],
    });
    const runs = sweepRuns(sweep, base);
    expect(runs.map(({ name }) => name)).toEqual([
      ...['a-one-1', 'a-one-2', 'a-two-1', 'a-two-2'],
      ...['b-2-one-1', 'b-2-one-2', 'b-2-two-1', 'b-2-two-2'],
    ]);
    expect(runs[4]).toMatchObject({ index: 4, variant: 'b/2', fold: 'one', seed: 1 });
    expect(runs[4].options).toEqual({
      ...{ steps: 3, seed: 1, data: [{ path: 'x', split: 'one' }] },
      loss: { negativeRatio: 5, refineAnchors: false },
    });
  });

  it('is one training without variants', () => {
    expect(sweepRuns(sweepOf({}), { seed: 4 })).toEqual([
      { index: 0, name: 'base', variant: 'base', options: { seed: 4 } },
    ]);
  });

  it.each([
    [{ seeds: [] }, /seeds must be/],
    [{ variant: {} }, /unknown option "variant" \(did you mean "variants"\?\)/],
    [{ scores: { x: {} } }, /scores\["x"\]\.data must be/],
    [{ scores: { x: { data: 'd', metric: 'voc7' } } }, /did you mean "voc07"/],
    [{ variants: { a: { steps: -1 } } }, /steps must be/],
    [{ variants: { 'a b': {}, 'a-b': {} } }, /two trainings would have the folder "a-b"/],
  ])('refuses %j', (given, message) => {
    expect(() => sweepRuns(sweepOf(given), {})).toThrow(message);
  });

  it('has the mean and each value in its table, and a dash where there is none', () => {
    const runs = sweepRuns(sweepOf({ variants: { a: {}, b: {} }, seeds: [1, 2] }), {});
    const scores = new Map([
      ['a-1', { animals: 0.5, all: null }],
      ['a-2', { animals: 0.6, all: null }],
      ['b-1', { animals: 0.25, all: 0.125 }],
    ]);
    expect(sweepTable(runs, scores)).toEqual({
      header: ['variant', 'animals', 'all'],
      rows: [
        ['a', '55.0 (50.0, 60.0)', '–'],
        ['b', '25.0 (25.0, –)', '12.5 (12.5, –)'],
      ],
    });
  });
});
