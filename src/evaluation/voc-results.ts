/**
 * PASCAL VOC result files: `comp4_det_SPLIT_CLASS.txt` holds one detection per line, as
 * `image score xmin ymin xmax ymax`, with pixels counted from 1.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Dataset } from '../datasets/dataset-types.ts';
import { isCoordinate, toNumber } from '../datasets/parse-number.ts';
import { boxFromVocCorners, vocCorners } from '../datasets/voc/voc-box.ts';
import { didYouMean, RefineDetError } from '../errors.ts';
import { bucket, bucketRows } from './order.ts';
import { Predictions } from './predictions.ts';
import { malformed, readResultBytes, writeResultFile } from './result-files.ts';

/** Competition 4 is detection with any training data; files of other competitions are read the same way. */
const RESULT_NAME = /^comp\d+_det_(.+)\.txt$/;
/** The devkit prints `%f`. */
const DECIMALS = 6;

/**
 * Reads the result files of a folder, or a single file. Only classes with a file are classes of
 * the predictions: a detector that finds no object of a class must write an empty file for it.
 * @param dataset the images and classes that the results may refer to
 * @throws FILE_NOT_FOUND; PREDICTIONS_FORMAT with file and line
 */
export async function readVocResults(location: string, dataset: Dataset): Promise<Predictions> {
  const files = await resultFiles(location, dataset);
  const predictions = new Predictions([...files.keys()]);
  const images = new Set(dataset.images.map(({ id }) => String(id)));
  for (const [classId, file] of [...files.values()].entries()) {
    await readClass(file, classId, images, predictions);
  }
  return predictions;
}

async function readClass(
  file: string,
  classId: number,
  images: ReadonlySet<string>,
  predictions: Predictions,
): Promise<void> {
  const bytes = await readResultBytes(file);
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    line++;
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const text = bytes.toString('utf8', start, end).trim();
    start = end + 1;
    if (text === '') continue;
    const fields = text.split(/\s+/);
    if (fields.length !== 6) {
      throw malformed(
        { file, line },
        `expected "image score xmin ymin xmax ymax", not ${fields.length} fields`,
      );
    }
    const [image, ...texts] = fields;
    if (!images.has(image)) throw malformed({ file, line }, `the dataset has no image "${image}"`);
    const [score, ...corners] = texts.map(toNumber);
    if (!Number.isFinite(score)) throw malformed({ file, line }, `not a score: "${texts[0]}"`);
    const wrong = corners.findIndex((corner) => !isCoordinate(corner));
    if (wrong >= 0) throw malformed({ file, line }, `not a coordinate: "${texts[wrong + 1]}"`);
    const [xmin, ymin, xmax, ymax] = corners;
    const { x, y, width, height } = boxFromVocCorners([xmin, ymin, xmax, ymax]);
    if (width < 0 || height < 0) throw malformed({ file, line }, `the box is inverted: ${text}`);
    predictions.push(predictions.image(image), classId, score, x, y, width, height);
  }
}

/** Result file of each class, in the order of the dataset's classes. */
async function resultFiles(location: string, dataset: Dataset): Promise<Map<string, string>> {
  const byClass = new Map<string, string[]>(dataset.classes.map((name) => [name, []]));
  for (const file of await candidates(location)) byClass.get(classOf(file, dataset))?.push(file);
  const files = new Map<string, string>();
  for (const [className, found] of byClass) {
    const own = found.filter((file) => path.basename(file).includes(`_${dataset.split}_`));
    const [file, other] = own.length > 0 ? own : found;
    if (other !== undefined) {
      throw malformed({ file }, `class "${className}" has a second file, ${path.basename(other)}`);
    }
    if (file !== undefined) files.set(className, file);
  }
  return files;
}

async function candidates(location: string): Promise<string[]> {
  let names: string[];
  try {
    if (!(await stat(location)).isDirectory()) return [location];
    names = (await readdir(location)).filter((name) => RESULT_NAME.test(name)).sort();
  } catch (cause) {
    throw new RefineDetError('FILE_NOT_FOUND', `cannot read ${location}`, { cause });
  }
  if (names.length === 0) {
    throw malformed({ file: location }, 'the folder has no comp4_det_SPLIT_CLASS.txt file');
  }
  return names.map((name) => path.join(location, name));
}

/** The class that a file name ends in; the longest match, because both names may contain underscores. */
function classOf(file: string, { classes }: Dataset): string {
  const stem = RESULT_NAME.exec(path.basename(file))?.[1];
  if (stem === undefined) {
    throw malformed({ file }, 'the file name does not have the form comp4_det_SPLIT_CLASS.txt');
  }
  const fitting = classes.filter((name) => stem.endsWith(`_${name}`));
  if (fitting.length > 0) return fitting.reduce((a, b) => (b.length > a.length ? b : a));
  const guess = stem.slice(stem.indexOf('_') + 1);
  throw malformed({ file }, `the dataset has no class "${guess}"${didYouMean(guess, classes)}`);
}

/**
 * Writes `comp4_det_SPLIT_CLASS.txt` with 6 decimals for every class that the dataset and the
 * detector share, empty files included. Creates the folder.
 * @throws INVALID_ARGUMENT for a class or image whose name does not fit the format; FILE_WRITE
 */
export async function writeVocResults(
  folder: string,
  predictions: Predictions,
  { split, classes }: Pick<Dataset, 'split' | 'classes'>,
): Promise<void> {
  const known = classes.filter((name) => predictions.classes.includes(name));
  const fileOf = (name: string) => `comp4_det_${split}_${name}.txt`;
  requireWritable(known.map(fileOf), predictions);
  const ids = predictions.classes.map((name) => known.indexOf(name) + 1); // 0 is left out
  const keys = predictions.table.classId.map((classId) => ids[classId]);
  const rows = bucketRows(predictions.length, keys, known.length + 1);
  for (const [i, name] of known.entries()) {
    const lines = vocLines(predictions, bucket(rows, i + 1));
    await writeResultFile(path.join(folder, fileOf(name)), lines);
  }
}

function requireWritable(files: readonly string[], { imageIds }: Predictions): void {
  const file = files.find((name) => name.includes('\0') || path.basename(name) !== name);
  const image = imageIds.find((id) => !/^\S+$/.test(String(id)));
  const wrong = file === undefined ? image : file;
  if (wrong === undefined) return;
  const what = file === undefined ? 'image id' : 'file name';
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `VOC result files cannot hold the ${what} "${wrong}": save a COCO results file instead`,
  );
}

function* vocLines({ table, imageIds }: Predictions, rows: Int32Array): Generator<string> {
  for (const row of rows) {
    const [x, y, width, height] = table.box.subarray(row * 4, row * 4 + 4);
    const numbers = [table.score[row], ...vocCorners({ x, y, width, height })];
    yield `${imageIds[table.image[row]]} ${numbers.map((n) => n.toFixed(DECIMALS)).join(' ')}\n`;
  }
}
