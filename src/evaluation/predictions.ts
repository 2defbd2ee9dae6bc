/** Detections of a whole dataset in growing columns: 48 bytes per detection instead of an object. */
import type { Detection } from '../boxes.ts';
import type { Dataset } from '../datasets/dataset-types.ts';
import { didYouMean, listed, RefineDetError } from '../errors.ts';
import type { DetectionTable } from './tables.ts';

/** Id of an image in its dataset. */
export type ImageId = string | number;

/**
 * Detections by image id and class name. The order in which they are added
 * decides between equal scores.
 */
export class Predictions {
  /** Class names of the detector; two classes may share a name. */
  readonly classes: readonly string[];
  readonly #imageIds: ImageId[] = [];
  readonly #imageIndex = new Map<string, number>();
  #columns: DetectionTable = emptyTable(256);
  #length = 0;

  /** @param classes class names of the detector */
  constructor(classes: readonly string[]) {
    this.classes = classes;
  }

  /** Number of detections. */
  get length(): number {
    return this.#length;
  }

  /** Ids of the processed images, with or without detections; `table.image` indexes them. */
  get imageIds(): readonly ImageId[] {
    return this.#imageIds;
  }

  /** The detections in columns: views that the next `push` may invalidate. */
  get table(): DetectionTable {
    const { image, classId, score, box } = this.#columns;
    return {
      image: image.subarray(0, this.#length),
      classId: classId.subarray(0, this.#length),
      score: score.subarray(0, this.#length),
      box: box.subarray(0, this.#length * 4),
    };
  }

  /**
   * Index of an image, which counts as processed from now on. `7` and `'7'` are the same image: text
   * result files do not distinguish them.
   */
  image(id: ImageId): number {
    const key = String(id);
    const known = this.#imageIndex.get(key);
    if (known !== undefined) return known;
    this.#imageIndex.set(key, this.#imageIds.length);
    return this.#imageIds.push(id) - 1;
  }

  /**
   * Adds all detections of one image; their labels name the classes.
   * @throws UNKNOWN_CLASS for a label that is not one of `classes`; INVALID_ARGUMENT for a score or
   * box that is not finite
   */
  add(id: ImageId, detections: Iterable<Detection>): void {
    const image = this.image(id);
    for (const { label, classId, score, box } of detections) {
      const known = this.classes[classId] === label ? classId : this.classes.indexOf(label);
      if (known < 0) {
        throw new RefineDetError(
          'UNKNOWN_CLASS',
          `image "${id}" has a detection of class "${label}", which the detector does not list${didYouMean(label, this.classes)}`,
        );
      }
      this.push(image, known, score, box.x, box.y, box.width, box.height);
    }
  }

  /** The same detections, without those of images that are not listed. */
  onlyImages(ids: Iterable<ImageId>): Predictions {
    const wanted = new Set(Array.from(ids, String));
    const kept = new Predictions(this.classes);
    const numbers = this.#imageIds.map((id) => (wanted.has(String(id)) ? kept.image(id) : -1));
    const { image, classId, score, box } = this.table;
    for (let row = 0; row < this.#length; row++) {
      const number = numbers[image[row]];
      if (number < 0) continue;
      const [x, y, width, height] = box.subarray(row * 4, row * 4 + 4);
      kept.push(number, classId[row], score[row], x, y, width, height);
    }
    return kept;
  }

  /**
   * Adds one detection.
   * @param image index returned by `image`
   * @param classId index into `classes`
   * @param x left edge; like y, width and height in source-image pixels
   * @throws INVALID_ARGUMENT for an index out of range or a number that is not finite
   */
  push(
    image: number,
    classId: number,
    score: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    if (this.#imageIds[image] === undefined) throw outOfRange('image', image);
    if (this.classes[classId] === undefined) throw outOfRange('class', classId);
    if (!Number.isFinite(score + x + y + width + height)) {
      throw new RefineDetError(
        'INVALID_ARGUMENT',
        `image "${this.#imageIds[image]}" has a detection with a value that is not finite: score ${score}, box ${x}, ${y}, ${width}, ${height}`,
      );
    }
    if (this.#length === this.#columns.image.length) this.#grow();
    const row = this.#length++;
    const { box } = this.#columns;
    this.#columns.image[row] = image;
    this.#columns.classId[row] = classId;
    this.#columns.score[row] = score;
    box[row * 4] = x;
    box[row * 4 + 1] = y;
    box[row * 4 + 2] = width;
    box[row * 4 + 3] = height;
  }

  #grow(): void {
    const old = this.#columns;
    this.#columns = emptyTable(Math.ceil(this.#length * 1.5));
    for (const name of ['image', 'classId', 'score', 'box'] as const) {
      this.#columns[name].set(old[name]);
    }
  }
}

function outOfRange(what: string, index: number): RefineDetError {
  return new RefineDetError('INVALID_ARGUMENT', `the predictions have no ${what} ${index}`);
}

function emptyTable(rows: number): DetectionTable {
  return {
    image: new Int32Array(rows),
    classId: new Int32Array(rows),
    score: new Float64Array(rows),
    box: new Float64Array(rows * 4),
  };
}

/** The detections of a dataset's images and classes, with the dataset's indices. */
export interface AlignedPredictions {
  table: DetectionTable;
  /** Detected classes that the dataset does not have; their detections are left out. */
  ignoredClasses: string[];
}

/**
 * Matches classes and images by name.
 * @throws UNKNOWN_CLASS when the detector lacks a class that has ground truth; PREDICTIONS_FORMAT
 * for an image that the dataset does not have; DATASET_FORMAT when two of its images share an id
 */
export function alignPredictions(predictions: Predictions, dataset: Dataset): AlignedPredictions {
  requireClasses(predictions, dataset);
  const classIds = predictions.classes.map((name) => dataset.classes.indexOf(name));
  const images = imageNumbers(predictions, dataset);
  const all = predictions.table;
  const found = new Int32Array(classIds.length);
  for (const classId of all.classId) found[classId]++;
  const kept = found.reduce((sum, count, id) => sum + (classIds[id] < 0 ? 0 : count), 0);
  const table = emptyTable(kept);
  let row = 0;
  for (let from = 0; from < predictions.length; from++) {
    const classId = classIds[all.classId[from]];
    if (classId < 0) continue;
    table.classId[row] = classId;
    table.image[row] = images[all.image[from]];
    table.score[row] = all.score[from];
    for (let side = 0; side < 4; side++) table.box[row * 4 + side] = all.box[from * 4 + side];
    row++;
  }
  const ignored = predictions.classes.filter((_, id) => classIds[id] < 0 && found[id] > 0);
  return { table, ignoredClasses: [...new Set(ignored)] };
}

/** Rejects classes that the detector lacks: they would count as AP 0 without notice. */
function requireClasses({ classes }: Predictions, dataset: Dataset): void {
  const withTruth = new Set(dataset.images.flatMap(({ boxes }) => boxes.map((b) => b.classId)));
  const missing = dataset.classes.filter(
    (name, classId) => withTruth.has(classId) && !classes.includes(name),
  );
  if (missing.length === 0) return;
  const list = listed(missing.map((name) => `"${name}"${didYouMean(name, classes)}`));
  throw new RefineDetError(
    'UNKNOWN_CLASS',
    `the dataset "${dataset.name}" has boxes of classes that the detector does not have: ${list}; rename or select classes`,
  );
}

/** Dataset index of each image of the predictions. */
function imageNumbers({ imageIds }: Predictions, dataset: Dataset): number[] {
  const numbers = new Map<string, number>();
  dataset.images.forEach(({ id }, number) => {
    if (numbers.has(String(id))) {
      throw new RefineDetError('DATASET_FORMAT', `two images of the dataset have the id "${id}"`);
    }
    numbers.set(String(id), number);
  });
  return imageIds.map((id) => {
    const number = numbers.get(String(id));
    if (number !== undefined) return number;
    throw new RefineDetError(
      'PREDICTIONS_FORMAT',
      `the predictions have an image "${id}" that the dataset "${dataset.name}" (${dataset.split}) does not have`,
    );
  });
}
