/** A dataset on disk whose splits are known but not read yet. */
import { RefineDetError } from '../errors.ts';
import type { Report } from './check/findings.ts';
import { className } from './class-name.ts';
import { mapClasses } from './dataset-classes.ts';
import type { Dataset, DatasetFormat } from './dataset-types.ts';
import { hasLostCharacters } from './decode-text.ts';

/** A dataset of one format whose splits can be read. */
export interface DatasetSource {
  format: DatasetFormat;
  /** Absolute folder. */
  root: string;
  /** Names of the splits that can be read. */
  splits: string[];
  /** Splits of one part of a joined source, such as `VOC2007/trainval`. */
  partSplits?: string[];
  /** Absolute files that say what the dataset consists of: lists, class lists, configurations. */
  files: readonly string[];
  /** Absolute folders of which every file should be accounted for. */
  folders: readonly string[];
  /** Whether a file was given, not a folder: other files of its folder may belong to others. */
  isFile?: boolean;
  /** Reads one of `splits` or `partSplits`. Items that are reported are left out. */
  read(split: string, report: Report): Promise<Dataset>;
}

/** Reads a split and checks what holds for every format. */
export async function readSplit(
  source: DatasetSource,
  split: string,
  report: Report,
): Promise<Dataset> {
  const dataset = mergeAlike(await source.read(split, report), report);
  for (const [classId, name] of dataset.classes.entries()) {
    if (!hasLostCharacters(name)) continue;
    const message = `the class name "${name}" has lost characters in an earlier conversion`;
    const all = dataset.images.flatMap((image) => image.boxes);
    const boxes = all.filter((truth) => truth.classId === classId).length;
    report('text-encoding', message, { file: source.root, key: split, boxes });
  }
  return dataset;
}

/** Classes whose names look the same, being composed or spaced otherwise, are one class. */
function mergeAlike(dataset: Dataset, report: Report): Dataset {
  const { classes, root: file, split: key } = dataset;
  const changed = classes.filter((name) => name !== className(name));
  if (changed.length === 0) return dataset;
  for (const name of changed) {
    if (!classes.some((other) => other !== name && className(other) === className(name))) continue;
    const message = `there are classes called "${className(name)}" with other accents or blanks`;
    report('merged-classes', `${message}: they are one class`, { file, key });
  }
  return mapClasses(dataset, new Map(changed.map((name) => [name, className(name)])));
}

/** Other names that people give to the usual splits. */
const CANONICAL = new Map([
  ['training', 'train'],
  ['valid', 'val'],
  ['validation', 'val'],
  ['testing', 'test'],
]);

/** `train2017` → `train`, `valid` → `val`. */
export function canonicalSplit(name: string): string {
  const plain = name.toLowerCase().replace(/[-_]?\d{2,4}$/, '');
  return CANONICAL.get(plain) ?? plain;
}

const ORDER = ['train', 'val', 'trainval', 'test'];

/** Training splits first, then alphabetically. */
export function sortSplits(names: Iterable<string>): string[] {
  const rank = (name: string) => {
    const place = ORDER.indexOf(canonicalSplit(name));
    return place < 0 ? ORDER.length : place;
  };
  return [...names].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * The splits of a source that a user's words stand for: `train+val` names two, `val` also finds
 * `valid` and `val2017`, and `trainval` is `train+val` where such a split is missing.
 * @param wanted may be left out for a source with a single split
 * @throws INVALID_OPTION
 */
export function resolveSplits(source: DatasetSource, wanted: string | undefined): string[] {
  if (wanted !== undefined) {
    return [...new Set(wanted.split('+').flatMap((name) => resolveOne(source, name)))];
  }
  if (source.splits.length === 1) return source.splits;
  throw new RefineDetError('INVALID_OPTION', `choose a split of ${source.root}: ${known(source)}`);
}

function resolveOne(source: DatasetSource, name: string): string[] {
  if (source.splits.includes(name) || source.partSplits?.includes(name)) return [name];
  const alike = source.splits.filter((split) => canonicalSplit(split) === canonicalSplit(name));
  if (alike.length === 1) return alike;
  if (name === 'trainval') return ['train', 'val'].flatMap((part) => resolveOne(source, part));
  const splits = known(source);
  const problem =
    alike.length > 1
      ? `"${name}" could be several splits of ${source.root}; there are ${splits}`
      : `not a split of ${source.root}: "${name}" (there are ${splits})`;
  throw new RefineDetError('INVALID_OPTION', problem);
}

/** As {@link resolveSplits}; by default all but a `trainval` that only repeats `train` and `val`. */
export function chosenSplits(source: DatasetSource, wanted: string | undefined): string[] {
  if (wanted !== undefined) return resolveSplits(source, wanted);
  const repeated = ['train', 'val'].every((split) => source.splits.includes(split));
  return source.splits.filter((split) => !(repeated && split === 'trainval'));
}

const known = (source: DatasetSource): string =>
  [...source.splits, ...(source.partSplits ?? [])].join(', ');
