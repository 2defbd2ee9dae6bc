/** COCO results JSON: a list of `{image_id, category_id, bbox: [x, y, width, height], score}`. */
import { documentElements, JsonError, lineFinder } from '../datasets/coco/json-records.ts';
import { type Dataset, type Id, idKey } from '../datasets/dataset-types.ts';
import { isCoordinate } from '../datasets/parse-number.ts';
import { Predictions } from './predictions.ts';
import { malformed, readResultBytes, writeResultFile } from './result-files.ts';

/**
 * Reads a COCO results file. Keys other than the four of a box result are ignored. Category ids are
 * the dataset's; in VOC and YOLO datasets the first class has id 1, the second 2, and so on. So read
 * results with the same classes that they were written with.
 * @param dataset the images and categories that the results may refer to
 * @param classes names for the dataset's classes in the predictions, such as renamed ones
 * @throws FILE_NOT_FOUND; PREDICTIONS_FORMAT with the line and the key
 */
export async function readCocoResults(
  file: string,
  dataset: Dataset,
  classes: readonly string[] = dataset.classes,
): Promise<Predictions> {
  const bytes = await readResultBytes(file);
  const predictions = new Predictions(classes);
  const add = resultAdder(predictions, dataset);
  let index = 0;
  let start = 0;
  try {
    for (const { value, offset } of documentElements(bytes)) {
      start = offset;
      add(value);
      index++;
    }
  } catch (error) {
    if (error instanceof JsonError) {
      throw malformed({ file, line: lineFinder(bytes)(error.offset) }, error.message);
    }
    if (error instanceof WrongValue) {
      const key = `[${index}]${error.key}`;
      throw malformed({ file, line: lineFinder(bytes)(start), key }, error.message);
    }
    throw error;
  }
  return predictions;
}

/** An error in one element, with the key where it is. */
class WrongValue extends Error {
  readonly key: string;

  constructor(key: string, message: string) {
    super(message);
    this.key = key;
  }
}

function resultAdder(predictions: Predictions, dataset: Dataset): (value: unknown) => void {
  const images = new Set(dataset.images.map(({ id }) => idKey(id)));
  const classIds = new Map(categoryIds(dataset).map((id, classId) => [idKey(id), classId]));
  for (const [alias, id] of dataset.categoryAliases ?? []) {
    const classId = classIds.get(idKey(id));
    if (classId !== undefined) classIds.set(alias, classId);
  }
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new WrongValue('', 'expected an object with image_id, category_id, bbox and score');
    }
    const { image_id, category_id, bbox, score } = value as Record<string, unknown>;
    if (typeof image_id !== 'number' && typeof image_id !== 'string') {
      throw new WrongValue('.image_id', `expected an image id, not ${shown(image_id)}`);
    }
    if (!images.has(idKey(image_id))) {
      throw new WrongValue('.image_id', `the dataset has no image ${shown(image_id)}`);
    }
    const classId = classIds.get(idKey(category_id as Id));
    if (classId === undefined) {
      throw new WrongValue('.category_id', `the dataset has no category ${shown(category_id)}`);
    }
    const [x, y, width, height] = fourNumbers(bbox);
    if (width < 0 || height < 0) {
      throw new WrongValue('.bbox', `the box has a negative size: ${shown(bbox)}`);
    }
    if (typeof score !== 'number' || !Number.isFinite(score)) {
      throw new WrongValue('.score', `expected a finite number, not ${shown(score)}`);
    }
    predictions.push(predictions.image(image_id), classId, score, x, y, width, height);
  };
}

function fourNumbers(bbox: unknown): [number, number, number, number] {
  if (Array.isArray(bbox) && bbox.length === 4 && bbox.every(isCoordinate)) {
    return bbox as [number, number, number, number];
  }
  throw new WrongValue('.bbox', `expected [x, y, width, height] in pixels, not ${shown(bbox)}`);
}

/** Formats a value as JSON, shortened to a readable length. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** Category id of each class: COCO's own ids, otherwise 1, 2, 3 … */
function categoryIds(dataset: Dataset): readonly Id[] {
  return dataset.categoryIds ?? dataset.classes.map((_, classId) => classId + 1);
}

/**
 * Writes a COCO results file: images and detections in the order they were added, numbers with at
 * most 6 decimals. Leaves out classes that the dataset does not have.
 * @throws FILE_WRITE
 */
export async function writeCocoResults(
  file: string,
  predictions: Predictions,
  dataset: Dataset,
): Promise<void> {
  const ids = categoryIds(dataset);
  const categories = predictions.classes.map((name) => ids[dataset.classes.indexOf(name)]);
  await writeResultFile(file, cocoLines(predictions, categories));
}

function* cocoLines(
  { table, length, imageIds }: Predictions,
  categories: readonly (Id | undefined)[],
): Generator<string> {
  let separator = '[\n';
  for (let row = 0; row < length; row++) {
    const category = categories[table.classId[row]];
    if (category === undefined) continue;
    const image = JSON.stringify(imageIds[table.image[row]]);
    const box = Array.from(table.box.subarray(row * 4, row * 4 + 4), rounded).join(',');
    const score = rounded(table.score[row]);
    yield `${separator}{"image_id":${image},"category_id":${JSON.stringify(category)},"bbox":[${box}],"score":${score}}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
