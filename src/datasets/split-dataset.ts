/** Splits a dataset into training, validation and test images. */
import { RefineDetError } from '../errors.ts';
import { BELOW_ONE, checkValue, oneOf, wholeFrom } from '../option-checks.ts';
import { deriveRandom } from '../random.ts';
import type { Dataset, DatasetImage } from './dataset-types.ts';
import { withoutExtension } from './file-names.ts';

/** What images that stay together have in common. */
export type SplitGroups = 'auto' | 'folder' | 'prefix' | 'none';
export const SPLIT_GROUPS: readonly SplitGroups[] = ['auto', 'folder', 'prefix', 'none'];

/** Shares of the splits, and how images are drawn. */
export interface SplitOptions {
  /** Share of the images for validation. Default 0.2. */
  val?: number;
  /** Share of the images for the test. Default 0: no such split. */
  test?: number;
  /** Seed of the draw; the same seed gives the same splits. Default 1. */
  seed?: number;
  /**
   * Images that stay in one split, because they may show the same scene: those of a `folder`, or those
   * whose names differ only in a last number (`prefix`), such as frames of a video. `auto` takes the first of
   * the two that gives at least five groups, none of them with more than half of the images. Copies of
   * one image by Roboflow (`.rf.`) always stay together. Default `auto`.
   */
  groups?: SplitGroups;
  /** By path, what files of equal content have in common ({@link findCopies}): they stay together. */
  copies?: ReadonlyMap<string, string>;
}

/** The splits, and what their images were grouped by. */
export interface SplitResult {
  /** `train`, `val` and, if asked for, `test`. */
  splits: Dataset[];
  groups: Exclude<SplitGroups, 'auto'>;
  /** Number of groups. */
  count: number;
}

const LEAST_GROUPS = 5;
const LARGEST_SHARE = 0.5;
const SPLIT_STREAM = 11;

/**
 * Draws splits in which every class has about its share of boxes. No file is changed: write the splits with
 * `convertDataset`.
 * @throws INVALID_OPTION for shares that leave nothing to train on, DATASET_EMPTY for fewer groups of images
 *   than splits
 */
export function splitDataset(
  dataset: Dataset,
  { val = 0.2, test = 0, seed = 1, groups: wanted = 'auto', copies }: SplitOptions = {},
): SplitResult {
  checkValue('val', val, BELOW_ONE);
  checkValue('test', test, BELOW_ONE);
  checkValue('seed', seed, wholeFrom(0));
  checkValue('groups', wanted, oneOf(SPLIT_GROUPS));
  if (val + test === 0 || val + test >= 1) {
    const sum = `val and test must add up to a number above 0 and below 1, not to ${val + test}`;
    throw new RefineDetError('INVALID_OPTION', sum);
  }
  const parts = [
    { name: 'train', share: 1 - val - test },
    { name: 'val', share: val },
    { name: 'test', share: test },
  ].filter(({ share }) => share > 0);
  const { groups, lists } = grouped(dataset.images, wanted, copies);
  if (lists.length < parts.length) {
    const problem = `${dataset.name} has ${lists.length} groups of images for ${parts.length} splits`;
    throw new RefineDetError('DATASET_EMPTY', problem);
  }
  const drawn = draw(lists, dataset.classes.length, parts, seed);
  const order = new Map(dataset.images.map((image, i) => [image, i]));
  const splits = parts.map(({ name }, i) => ({
    ...dataset,
    split: name,
    images: drawn[i].flat().sort((a, b) => order.get(a)! - order.get(b)!),
    warnings: i === 0 ? dataset.warnings : [],
  }));
  return { splits, groups, count: lists.length };
}

const stemOf = ({ fileName }: DatasetImage): string =>
  withoutExtension(fileName).replace(/\.rf\.[^/]*$/, '');

const KEYS: Record<SplitResult['groups'], (image: DatasetImage) => string> = {
  folder: ({ fileName }) => fileName.split('/').slice(0, -1).join('/'),
  prefix: (image) => stemOf(image).replace(/[-_. (]*\d+\)?$/, ''),
  none: stemOf,
};

function grouped(
  images: readonly DatasetImage[],
  wanted: SplitGroups,
  copies: ReadonlyMap<string, string> = new Map(),
): { groups: SplitResult['groups']; lists: DatasetImage[][] } {
  const by = (groups: SplitResult['groups']) => {
    const lists = new Map<string, DatasetImage[]>();
    for (const image of images) {
      const key = KEYS[groups](image);
      const list = lists.get(key);
      if (list) list.push(image);
      else lists.set(key, [image]);
    }
    return { groups, lists: joinCopies([...lists.values()], copies) };
  };
  if (wanted !== 'auto') return by(wanted);
  const single = by('none');
  const isFit = ({ lists }: { lists: DatasetImage[][] }) =>
    lists.length >= LEAST_GROUPS &&
    lists.length < single.lists.length &&
    Math.max(...lists.map(({ length }) => length)) <= LARGEST_SHARE * images.length;
  return [by('folder'), by('prefix')].find(isFit) ?? single;
}

/** Joins lists that share an image. */
function joinCopies(
  lists: readonly DatasetImage[][],
  copies: ReadonlyMap<string, string>,
): DatasetImage[][] {
  const joined = new Map<string, DatasetImage[]>();
  const result = new Set<DatasetImage[]>();
  for (const list of lists) {
    const keys = list.flatMap((image) => copies.get(image.path) ?? []);
    const others = new Set(keys.flatMap((key) => (joined.has(key) ? [joined.get(key)!] : [])));
    const whole = [...others, list].flat();
    for (const other of others) result.delete(other);
    result.add(whole);
    for (const image of whole) {
      const key = copies.get(image.path);
      if (key !== undefined) joined.set(key, whole);
    }
  }
  return [...result];
}

interface Group {
  images: DatasetImage[];
  /** Share of the dataset's boxes of each class, of its images, and of its images without boxes. */
  shares: Float64Array;
}

/** Gives groups, the largest first, to the split whose counts are then closest to its share of everything. */
function draw(
  lists: readonly DatasetImage[][],
  classes: number,
  parts: readonly { share: number }[],
  seed: number,
): DatasetImage[][][] {
  const random = deriveRandom(seed, SPLIT_STREAM);
  const groups = sharesOf(lists, classes)
    .map((group) => ({ group, tie: random.next(), size: Math.max(...group.shares) }))
    .sort((a, b) => b.size - a.size || a.tie - b.tie)
    .map(({ group }) => group);
  const missing = parts.map(({ share }) => new Float64Array(classes + 2).fill(share));
  const drawn: Group[][] = parts.map(() => []);
  groups.forEach((group, i) => {
    // The last groups go to splits that have none yet.
    const empty = drawn.flatMap((taken, part) => (taken.length === 0 ? [part] : []));
    const open = groups.length - i <= empty.length ? empty : [...parts.keys()];
    // The decrease of the squared distances to the shares, relative to them.
    const gain = (part: number) =>
      group.shares.reduce((sum, share, k) => sum + share * (missing[part][k] - share / 2), 0) /
      parts[part].share;
    const best = open.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    for (const [k, share] of group.shares.entries()) missing[best][k] -= share;
    drawn[best].push(group);
  });
  return drawn.map((taken) => taken.map(({ images }) => images));
}

function sharesOf(lists: readonly DatasetImage[][], classes: number): Group[] {
  const totals = new Float64Array(classes + 2);
  const groups = lists.map((images) => {
    const shares = new Float64Array(classes + 2);
    for (const { boxes } of images) {
      for (const { classId } of boxes) shares[classId]++;
      shares[classes]++;
      if (boxes.length === 0) shares[classes + 1]++;
    }
    for (const [k, count] of shares.entries()) totals[k] += count;
    return { images, shares };
  });
  for (const { shares } of groups) {
    for (const [k, total] of totals.entries()) shares[k] /= Math.max(total, 1);
  }
  return groups;
}
