/** Many trainings of one configuration: a file of variants, folds and seeds, and the table of their scores. */
import { createHash } from 'node:crypto';
import { RefineDetError } from '../errors.ts';
import { METRICS, type Metric } from '../evaluation/evaluate.ts';
import { isRecord, parseJson } from '../json.ts';
import {
  checkFields,
  checkObject,
  listOf,
  oneOf,
  optional,
  TEXT,
  wholeFrom,
} from '../option-checks.ts';
import { resolveTrainConfig } from '../training/config/resolve-config.ts';
import type { TrainOptions } from '../training/config/train-config.ts';

/** Changes of a configuration by name. */
export type Changes = Readonly<Record<string, TrainOptions>>;

/** Data to score every model on. */
export interface SweepScore {
  /** Path and split, as `refinedet eval --data` takes them. */
  data: string;
  /** Score only these classes; default: all. */
  classes?: readonly string[];
  /** Default `voc07`. */
  metric?: Metric;
}

/** The file of `refinedet fleet train`. Paths are relative to the current folder. */
export interface Sweep {
  /** Configuration that all trainings have in common, or the path of its file. */
  base: TrainOptions | string;
  /** Folder for the folders of the runs. */
  out: string;
  /** Changes of the base for all trainings. Default none. */
  options?: TrainOptions;
  /** Trainings to compare. Default one, without changes. */
  variants?: Changes;
  /** Parts of the data on which every variant is trained. Default one, without changes. */
  folds?: Changes;
  /** Default: the base's. */
  seeds?: readonly number[];
  /** Columns of the table by title; default: the last evaluation on the validation data. */
  scores?: Readonly<Record<string, SweepScore>>;
}

/** One training of a sweep. */
export interface SweepRun {
  index: number;
  /** Name of its folder. */
  name: string;
  variant: string;
  fold?: string;
  seed?: number;
  options: TrainOptions;
}

/** Scores of a run by column, as fractions; null where no box counts. */
export type SweepScores = Readonly<Record<string, number | null>>;

const OBJECT = [isRecord, 'an object'] as const;
const RULES = {
  base: [(v: unknown) => isRecord(v) || TEXT[0](v), 'an object or the path of a file'],
  out: TEXT,
  options: optional(OBJECT),
  variants: optional(OBJECT),
  folds: optional(OBJECT),
  seeds: optional(listOf(wholeFrom(1), 1)),
  scores: optional(OBJECT),
} as const;
const SCORE_RULES = {
  data: TEXT,
  classes: optional(listOf(TEXT, 1)),
  metric: optional(oneOf(METRICS)),
};

/** @throws MANIFEST_FORMAT, INVALID_OPTION */
export function parseSweep(text: string, name: string): Sweep {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    const message = `${name} is not JSON: ${(cause as Error).message}`;
    throw new RefineDetError('MANIFEST_FORMAT', message, { cause });
  }
  const sweep = checkObject(name, value);
  checkFields('', sweep, RULES);
  for (const [title, score] of Object.entries(checkObject('scores', sweep['scores'] ?? {}))) {
    const path = `scores[${JSON.stringify(title)}]`;
    checkFields(`${path}.`, checkObject(path, score), SCORE_RULES);
  }
  return sweep as unknown as Sweep;
}

/**
 * All trainings: every variant on every fold with every seed.
 * @param base content of the base's file, where it is one
 * @throws INVALID_OPTION for a configuration that no training would accept
 */
export function sweepRuns(sweep: Sweep, base: TrainOptions): SweepRun[] {
  const { options = {}, variants = { base: {} }, folds, seeds = [undefined] } = sweep;
  const runs = Object.entries(variants).flatMap(([variant, changes]) =>
    Object.entries(folds ?? { '': {} }).flatMap(([fold, data]) =>
      seeds.map((seed): Omit<SweepRun, 'index'> => {
        const own = [options, data, changes, seed === undefined ? {} : { seed }];
        const merged = own.reduce<TrainOptions>((before, changes) => merge(before, changes), base);
        resolveTrainConfig(merged);
        const words = [variant, fold, seed].filter((word) => word !== undefined && word !== '');
        const name = words
          .map((word) => String(word).replaceAll(/[^\p{L}\p{N}]+/gu, '-'))
          .join('-');
        return { name, variant, fold: folds && fold, seed, options: merged };
      }),
    ),
  );
  const names = new Set<string>();
  for (const { name } of runs) {
    if (names.size < names.add(name).size) continue;
    throw new RefineDetError('INVALID_OPTION', `two trainings would have the folder "${name}"`);
  }
  return runs.map((run, index) => ({ index, ...run }));
}

/** Name of a sweep in a queue: a hash of all its trainings. */
export function sweepName(runs: readonly SweepRun[]): string {
  return createHash('sha256').update(JSON.stringify(runs)).digest('hex').slice(0, 16);
}

/** A row for each variant: the mean over folds and seeds in percent, and each value. */
export function sweepTable(
  runs: readonly SweepRun[],
  scores: ReadonlyMap<string, SweepScores>,
): { header: string[]; rows: string[][] } {
  const titles = [...new Set([...scores.values()].flatMap((of) => Object.keys(of)))];
  const variants = [...new Set(runs.map(({ variant }) => variant))];
  const rows = variants.map((variant) => {
    const own = runs.filter((run) => run.variant === variant).map(({ name }) => scores.get(name));
    return [variant, ...titles.map((title) => cell(own.map((of) => of?.[title])))];
  });
  return { header: ['variant', ...titles], rows };
}

function cell(values: readonly (number | null | undefined)[]): string {
  const known = values.filter((value) => typeof value === 'number');
  if (known.length === 0) return '–';
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (values.length === 1) return percent(mean);
  const each = values.map((value) => (typeof value === 'number' ? percent(value) : '–'));
  return `${percent(mean)} (${each.join(', ')})`;
}

const percent = (value: number): string => (100 * value).toFixed(1);

/** Applies changes to a configuration, group by group. */
function merge<T extends object>(options: T, changes: object): T {
  const merged = { ...options } as Record<string, unknown>;
  for (const [name, value] of Object.entries(changes)) {
    const old = merged[name];
    merged[name] = isRecord(old) && isRecord(value) ? merge(old, value) : value;
  }
  return merged as T;
}
