/** Findings about whole splits: repetitions, overlap, odd classes. */
import { didYouMean, listed } from '../../errors.ts';
import { type Dataset, type DatasetImage, idKey } from '../dataset-types.ts';
import { type ImageFiles, imageKey } from './check-images.ts';
import type { Report } from './findings.ts';

/** @param splits as read, each with its own class list */
export function checkSplits(
  splits: readonly Dataset[],
  imageFiles: ImageFiles,
  report: Report,
): void {
  for (const split of splits) {
    checkEmpty(split, report);
    checkRepeated(split, imageFiles, report);
  }
  checkOverlap(splits, imageFiles, report);
  checkClasses(splits, report);
}

function checkEmpty({ split, images, root }: Dataset, report: Report): void {
  if (images.length === 0) {
    report('empty-split', `split "${split}" has no images`, { file: root });
    return;
  }
  const bare = images.filter(({ boxes }) => boxes.length === 0);
  if (bare.length > 0) {
    const message = `${bare.length} of ${images.length} images of "${split}" show no object`;
    report('no-boxes', message, { file: bare[0].annotationPath, ...imageKey(bare[0]) });
  }
}

/** Annotation ids, file names and contents that occur twice in one split. */
function checkRepeated({ images }: Dataset, imageFiles: ImageFiles, report: Report): void {
  const boxIds = new Set<string>();
  const byPath = new Map<string, DatasetImage>();
  const byContent = new Map<string, DatasetImage>();
  for (const image of images) {
    const place = { file: image.annotationPath, ...imageKey(image) };
    const samePath = byPath.get(image.path);
    const sameContent = byContent.get(contentOf(image, imageFiles));
    if (samePath) {
      const message = `images ${samePath.id} and ${image.id} are the same file ${image.fileName}`;
      report('duplicate-id', message, place);
    } else if (sameContent) {
      const message = `${image.fileName} and ${sameContent.fileName} are the same image`;
      report('duplicate-image', message, { file: image.path });
    }
    byPath.set(image.path, image);
    byContent.set(contentOf(image, imageFiles), image);
    for (const { id } of image.boxes) {
      if (id === undefined) continue;
      if (boxIds.has(idKey(id))) {
        const key = `annotations[id=${id}]`;
        report('duplicate-id', `annotation id ${id} occurs twice`, { ...place, key });
      }
      boxIds.add(idKey(id));
    }
  }
}

/** An image in two splits makes an evaluation worthless. */
function checkOverlap(splits: readonly Dataset[], imageFiles: ImageFiles, report: Report): void {
  const seen = new Map<string, { split: string; image: DatasetImage }>();
  for (const { split, images } of splits) {
    for (const image of images) {
      const content = contentOf(image, imageFiles);
      const other = seen.get(content);
      if (!other) seen.set(content, { split, image });
      else if (other.split !== split) {
        const message =
          `${image.fileName} of "${split}" is also in "${other.split}"` +
          (other.image.path === image.path ? '' : ` as ${other.image.fileName}`);
        report('split-overlap', message, { file: image.path });
      }
    }
  }
}

const contentOf = (image: DatasetImage, imageFiles: ImageFiles): string =>
  imageFiles.get(image.path)!.content;

function checkClasses(splits: readonly Dataset[], report: Report): void {
  const [first, ...others] = splits;
  for (const { split, root, classes } of others) {
    if (JSON.stringify(classes) === JSON.stringify(first.classes)) continue;
    const extra = without(classes, first.classes);
    const absent = without(first.classes, classes);
    const parts = [
      extra.length > 0 ? `adds ${quoted(extra)}` : '',
      absent.length > 0 ? `lacks ${quoted(absent)}` : '',
    ].filter((part) => part !== '');
    const difference = parts.join(' and ') || 'has another order';
    const message = `the class list of "${split}" ${difference} compared with "${first.split}"`;
    report('classes-differ', message, { file: root });
  }
  const counts = classCounts(splits);
  const unused = [...counts].filter(([, count]) => count === 0).map(([name]) => name);
  if (unused.length > 0) {
    report('unused-class', `no box shows ${quoted(unused)}`, { file: first.root });
  }
  checkSpelling(counts, first.root, report);
}

function without(names: readonly string[], others: readonly string[]): string[] {
  const excluded = new Set(others);
  return names.filter((name) => !excluded.has(name));
}

function classCounts(splits: readonly Dataset[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { classes, images } of splits) {
    const ofSplit = new Array<number>(classes.length).fill(0);
    for (const { boxes } of images) for (const { classId } of boxes) ofSplit[classId]++;
    classes.forEach((name, i) => {
      counts.set(name, (counts.get(name) ?? 0) + ofSplit[i]);
    });
  }
  return counts;
}

/** Shorter names are too often one letter apart: car and cat, cow and crow. */
const SPELLING_LENGTH = 5;
/** A slip of the keyboard is rare beside the right name. */
const SPELLING_RATIO = 50;
/** Comparing all pairs of more would take too long. */
const SPELLING_CLASSES = 1000;

/** A rare class whose name looks like that of a common one is likely a slip. */
function checkSpelling(counts: ReadonlyMap<string, number>, root: string, report: Report): void {
  if (counts.size > SPELLING_CLASSES) return;
  for (const [name, count] of counts) {
    if (count === 0 || name.length < SPELLING_LENGTH) continue;
    const common = [...counts].filter(([, other]) => other >= SPELLING_RATIO * count);
    const hint = didYouMean(
      name,
      common.map(([other]) => other),
    );
    if (hint) report('similar-classes', `"${name}" occurs only ${count}×${hint}`, { file: root });
  }
}

const quoted = (names: readonly string[]): string => listed(names.map((name) => `"${name}"`));
