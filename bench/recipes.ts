/**
 * Trains variants of one configuration, each with several seeds and the same budget, and scores them:
 * the paper's ablations, or single settings of the recipe. Resumes interrupted runs; only scores
 * finished ones.
 *
 * npx tsx --conditions=refinedet-source bench/recipes.ts SUITE --base config.json --out runs/SUITE
 *   --val VOC_FOLDER:SPLIT... [--steps N] [--seeds 1,2] [--only NAME,NAME] [--backend webgpu]
 *
 * SUITE: ablation or recipe. config.json: a file written by `refinedet train`, such as a run's own. The table
 * has mAP at IoU 0.5 by eleven points; scores.json in a run's folder has the AP of every class.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dataPart } from '../src/cli/options/data-part.ts';
import { loadDataset } from '../src/datasets/load-dataset.ts';
import { RefineDet } from '../src/detector.ts';
import { resolveTrainConfig } from '../src/training/config/resolve-config.ts';
import type { TrainOptions } from '../src/training/config/train-config.ts';
import type { FreezeRule } from '../src/training/optimizers/schedule.ts';
import { CLASS_SETS, hasBoxes, meanPercent } from './accuracy/class-sets.ts';
import type { SplitAccuracy } from './accuracy/results.ts';
import { score } from './accuracy/score.ts';
import { markdownTable } from './harness.ts';

type Variants = Readonly<Record<string, TrainOptions>>;

/** The configuration decides which layers of a backbone learn when; some variants change its rules. */
const suites = (freeze: readonly FreezeRule[]): Readonly<Record<string, Variants>> => ({
  ablation: {
    full: {},
    'no negative anchor filtering': { loss: { objectnessThreshold: 0 } },
    'no ARM regression': { loss: { refineAnchors: false } },
    'no TCB': { graphOptions: { tcb: false } },
  },
  recipe: {
    base: {},
    'every image once': { sampling: { balance: 0 } },
    'all classes alike': { sampling: { balance: 1 } },
    'backbone frozen throughout': {
      freeze: freeze.map((rule) => ({ ...rule, until: 0, rate: 0 })),
    },
    'upper backbone slowly from the start': {
      freeze: freeze.map((rule) => ({ ...rule, until: 0 })),
    },
    'upper backbone at the full rate from the start': {
      freeze: freeze.map((rule) => ({ ...rule, until: 0, rate: rule.rate && 1 })),
    },
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
});

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: 'string' },
    out: { type: 'string' },
    val: { type: 'string', multiple: true, default: [] },
    steps: { type: 'string', default: '1500' },
    seeds: { type: 'string', default: '1,2' },
    only: { type: 'string' },
    backend: { type: 'string', default: 'wasm' },
  },
});
if (!values.base || !values.out) throw new Error('--base and --out are needed');
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const base: TrainOptions = JSON.parse(readFileSync(values.base, 'utf8'));
const freeze = base.freeze ?? resolveTrainConfig({ preset: base.preset }).freeze;
const suite = suites(freeze)[positionals[0]];
if (!suite) throw new Error(`expected the suite ablation or recipe, not ${positionals[0]}`);
const splits = await Promise.all(
  values.val.map((location) => {
    const { path: folder, split } = dataPart(location);
    return loadDataset(folder, { split });
  }),
);
const classSets = new Map(CLASS_SETS);
const COLUMNS = ['person and five animals', 'all 20'];
const names = values.only?.split(',') ?? Object.keys(suite);
const columns = splits.flatMap(({ name, split }, i) =>
  COLUMNS.map((set) => ({
    title: `${name} ${split}: ${set}`,
    split: i,
    classes: classSets.get(set)!,
  })),
);
const rows: string[][] = [];
for (const name of names) {
  const bySeed: SplitAccuracy[][] = [];
  for (const seed of values.seeds.split(',')) {
    const folder = path.join(values.out, `${name.replaceAll(/\W+/g, '-')}-${seed}`);
    bySeed.push(await finish(folder, merge(base, suite[name]), Number(seed)));
  }
  rows.push([name, ...columns.map((column) => cell(bySeed, column))]);
  console.log(rows.at(-1)!.join('\t'));
}
// A split may lack boxes of some classes.
const shown = columns.map((_, i) => i).filter((i) => rows.some((row) => row[i + 1] !== '–'));
const header = ['variant', ...shown.map((i) => columns[i].title)];
const table = rows.map(([name, ...cells]) => [name, ...shown.map((i) => cells[i])]);
console.log(`\n${markdownTable(header, table)}`);

/** Trains and scores a variant, each step only if it is not done yet. */
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
    const device = ['--backend', values.backend];
    execFileSync(
      process.execPath,
      [cli, 'train', ...course, '--out', folder, ...device, '--quiet'],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
  }
  const detector = await RefineDet.load(model);
  const scores: SplitAccuracy[] = [];
  for (const dataset of splits) scores.push(await score(detector, dataset));
  detector.dispose();
  writeFileSync(scoreFile, JSON.stringify(scores));
  return scores;
}

/** The mean over all seeds with the individual values; a dash when a class has no boxes. */
function cell(bySeed: SplitAccuracy[][], { split, classes }: (typeof columns)[number]): string {
  if (!bySeed.every((scores) => hasBoxes(scores[split], classes))) return '–';
  const found = bySeed.map((scores) => meanPercent(scores[split].voc07, classes));
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  const each = found.map((value) => value.toFixed(1)).join(', ');
  return found.length > 1 ? `${mean.toFixed(1)} (${each})` : each;
}

/** Applies `changes` to `options`, group by group. */
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
