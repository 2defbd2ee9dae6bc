/** Choosing, renaming and merging classes, and joining datasets by class name. */
import { RefineDetError } from '../errors.ts';
import { COCO_TO_VOC, classIndex } from '../labels.ts';
import { type Dataset, type DatasetImage, type Id, idKey } from './dataset-types.ts';

/** New names by old name. A Map where a class could be called `__proto__`. */
export type ClassMap = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/**
 * Keeps the given classes, in the given order; boxes of other classes go, their images stay as
 * background.
 * @throws UNKNOWN_CLASS, or INVALID_OPTION for a name given twice
 */
export function selectClasses(dataset: Dataset, names: readonly string[]): Dataset {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new RefineDetError('INVALID_OPTION', `class "${repeated}" is selected twice`);
  }
  const oldIds = names.map((name) => classIndex(dataset.classes, name));
  const newIds = dataset.classes.map((_, classId) => oldIds.indexOf(classId));
  return remap(dataset, names, newIds);
}

/**
 * Renames classes. Two classes that end up with one name become one.
 * @throws UNKNOWN_CLASS for a name that the dataset does not have, unless the pair is one of
 *   `COCO_TO_VOC`: part of a list, not a misspelled name
 */
export function mapClasses(dataset: Dataset, map: ClassMap): Dataset {
  const entries = map instanceof Map ? [...map] : Object.entries(map);
  const renamed = [...dataset.classes];
  for (const [from, to] of entries) {
    if (COCO_TO_VOC[from] === to && !dataset.classes.includes(from)) continue;
    renamed[classIndex(dataset.classes, from)] = to;
  }
  return remap(dataset, ...renumber(renamed, [...new Set(renamed)]));
}

/** The new list, and for each old name its place there. */
function renumber(
  names: readonly string[],
  classes: readonly string[],
): [classes: readonly string[], newIds: number[]] {
  const ids = new Map(classes.map((name, classId) => [name, classId]));
  return [classes, names.map((name) => ids.get(name)!)];
}

/** @param newIds new class id of each old one, -1 to drop its boxes */
function remap(dataset: Dataset, classes: readonly string[], newIds: readonly number[]): Dataset {
  const images = dataset.images.map((image) => ({
    ...image,
    boxes: image.boxes
      .filter(({ classId }) => newIds[classId] >= 0)
      .map((truth) => ({ ...truth, classId: newIds[truth.classId] })),
  }));
  const { categoryIds } = dataset;
  if (!categoryIds) return { ...dataset, classes: [...classes], images };
  // The first of the old ids where classes were merged.
  const ids = new Array<Id>(classes.length);
  for (let old = newIds.length - 1; old >= 0; old--) {
    if (newIds[old] >= 0) ids[newIds[old]] = categoryIds[old];
  }
  return { ...dataset, classes: [...classes], categoryIds: ids, images };
}

/** Gives datasets one class list, matched by name: the first one's classes come first. */
export function alignClasses(datasets: readonly Dataset[]): Dataset[] {
  const classes = [...new Set(datasets.flatMap((dataset) => dataset.classes))];
  const list = JSON.stringify(classes);
  return datasets.map((dataset) => {
    if (JSON.stringify(dataset.classes) === list) return dataset;
    const { categoryIds: _, categoryAliases: __, ...rest } = dataset;
    return remap(rest, ...renumber(dataset.classes, classes));
  });
}

/**
 * One dataset of several, matching classes by name: the first one's classes come first. Category
 * ids survive when all parts have the same. If any image id occurs twice, every id gets the number
 * of its part in front: `2/000001`.
 * @throws INVALID_ARGUMENT for an empty list or an image that two parts share
 */
export function joinDatasets(datasets: readonly Dataset[]): Dataset {
  if (datasets.length === 0) {
    throw new RefineDetError('INVALID_ARGUMENT', 'the list of datasets is empty');
  }
  if (datasets.length === 1) return datasets[0];
  const parts = alignClasses(datasets);
  const { categoryIds, categoryAliases, ...first } = parts[0];
  const same = parts.every((part) => String(part.categoryIds) === String(categoryIds));
  return {
    ...first,
    name: [...new Set(datasets.map(({ name }) => name))].join('+'),
    split: [...new Set(datasets.map(({ split }) => split))].join('+'),
    ...(same && categoryIds && { categoryIds, categoryAliases }),
    images: withUniqueIds(parts.map(({ images }) => images)),
    warnings: datasets.flatMap(({ warnings }) => warnings),
  };
}

function withUniqueIds(parts: readonly (readonly DatasetImage[])[]): DatasetImage[] {
  const images = parts.flat();
  const paths = new Set<string>();
  for (const image of images) {
    if (paths.has(image.path)) {
      throw new RefineDetError('INVALID_ARGUMENT', `two parts to join share ${image.path}`);
    }
    paths.add(image.path);
  }
  if (new Set(images.map(({ id }) => idKey(id))).size === images.length) return images;
  return parts.flatMap((part, i) =>
    part.map((image) => ({ ...image, id: `${i + 1}/${image.id}` })),
  );
}
