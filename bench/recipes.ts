/**
 * Trains variants of one configuration, each with several seeds and the same budget, and scores them:
 * the paper's ablations on data at hand, or what a setting of the recipe brings. Runs that were cut
 * off go on where they stopped; finished ones are only scored.
 *
 * npx tsx --conditions=refinedet-source bench/recipes.ts SUITE --base config.json --out runs/SUITE
 *   --val VOC_FOLDER:SPLIT... [--steps N] [--seeds 1,2] [--only NAME,NAME]
 *
 * SUITE: ablation or recipe. config.json: as `refinedet train` writes it, such as a run's own.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dataPart } from '../src/cli/train/flag-values.ts';
import { loadDataset } from '../src/datasets/load.ts';
import { RefineDet } from '../src/detector.ts';
import type { TrainOptions } from '../src/training/config/types.ts';
import type { SplitAccuracy } from './accuracy/results.ts';
import { score } from './accuracy/score.ts';
import { markdownTable } from './harness.ts';

type Variants = Readonly<Record<string, TrainOptions>>;

const SUITES: Readonly<Record<string, Variants>> = {
  ablation: {
    full: {},
    'no negative anchor filtering': { loss: { objectnessThreshold: 0 } },
    'no ARM regression': { loss: { refineAnchors: false } },
    'no TCB': { graphOptions: { tcb: false } },
  },
  recipe: {
    base: {},
    'every picture once': { sampling: { balance: 0 } },
    'all classes alike': { sampling: { balance: 1 } },
    '320 px throughout': { inputSizes: [{ from: 0, sizes: [320] }] },
    'half the learning rate': { schedule: { learningRate: 0.0005 } },
    'twice the learning rate': { schedule: { learningRate: 0.002 } },
    'heads of 96 channels': { graphOptions: { slimWidth: 96 } },
    'heads of 192 channels': { graphOptions: { slimWidth: 192 } },
    'no averaging': { averageDecay: 0 },
    'a quarter mosaics': { augmentation: { mosaic: { probability: 0.25 } } },
    'pasted rare boxes': { augmentation: { paste: { probability: 0.3 } } },
    'SSD’s whole zoom-out': { augmentation: { expand: { probability: 0.5, maxRatio: 4 } } },
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: 'string' },
    out: { type: 'string' },
    val: { type: 'string', multiple: true, default: [] },
    steps: { type: 'string', default: '1500' },
    seeds: { type: 'string', default: '1,2' },
    only: { type: 'string' },
  },
});
const suite = SUITES[positionals[0]];
if (!suite || !values.base || !values.out) {
  throw new Error('a suite (ablation or recipe), --base and --out are needed');
}
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const base: TrainOptions = JSON.parse(readFileSync(values.base, 'utf8'));
const splits = await Promise.all(
  values.val.map((location) => {
    const { path: folder, split } = dataPart(location);
    return loadDataset(folder, { split });
  }),
);
const names = values.only?.split(',') ?? Object.keys(suite);
const rows: string[][] = [];
for (const seed of values.seeds.split(',').map(Number)) {
  for (const name of names) {
    const folder = path.join(values.out, `${name.replaceAll(/\W+/g, '-')}-${seed}`);
    const scores = await finish(folder, merge(base, suite[name]), seed);
    rows.push([name, String(seed), ...scores.flatMap(cells)]);
    console.log(rows.at(-1)!.join('\t'));
  }
}
const header = [
  'variant',
  'seed',
  ...splits.flatMap(({ name, split }) => [`${name} ${split}`, 'area']),
];
console.log(`\n${markdownTable(header, rows)}`);

/** Trains unless that is done, scores unless that is. */
async function finish(folder: string, options: TrainOptions, seed: number) {
  const scoreFile = path.join(folder, 'scores.json');
  if (existsSync(scoreFile)) return JSON.parse(readFileSync(scoreFile, 'utf8')) as SplitAccuracy[];
  const begun = existsSync(path.join(folder, 'last.safetensors'));
  const model = path.join(folder, 'model.safetensors');
  if (!existsSync(model)) {
    mkdirSync(values.out!, { recursive: true });
    const config = `${folder}.json`;
    const steps = Number(values.steps);
    const own = { ...options, steps, seed, validation: [] };
    writeFileSync(config, JSON.stringify(own, null, 2));
    const course = begun ? ['--resume'] : ['--config', config];
    execFileSync(process.execPath, [cli, 'train', ...course, '--out', folder, '--quiet'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  const detector = await RefineDet.load(model);
  const scores: SplitAccuracy[] = [];
  for (const dataset of splits) scores.push(await score(detector, dataset));
  detector.dispose();
  writeFileSync(scoreFile, JSON.stringify(scores));
  return scores;
}

/** Mean AP at 0.5 over the classes of a split, by eleven points and by area, in per cent. */
function cells({ voc07, voc12 }: SplitAccuracy): string[] {
  return [voc07, voc12].map((perClass) => {
    const all = Object.values(perClass);
    return ((100 * all.reduce((sum, ap) => sum + ap, 0)) / all.length).toFixed(1);
  });
}

/** `changes` over `options`, group by group. */
function merge<T extends object>(options: T, changes: T): T {
  const merged = { ...options } as Record<string, unknown>;
  for (const [key, value] of Object.entries(changes)) {
    const old = merged[key];
    const groups = [old, value].every(
      (part) => part && typeof part === 'object' && !Array.isArray(part),
    );
    merged[key] = groups ? merge(old as object, value as object) : value;
  }
  return merged as T;
}
