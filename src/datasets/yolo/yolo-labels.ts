/** One image of a YOLO dataset and the lines of its label file. */
import path from 'node:path';
import type { Box } from '../../boxes.ts';
import type { Report } from '../check/findings.ts';
import { isFile, MAX_ANNOTATION_BYTES, splitLines, withoutExtension } from '../dataset-files.ts';
import type { DatasetImage, GroundTruth } from '../dataset-types.ts';
import { type ImageSize, sizeOrReport } from '../image-size.ts';
import { isCoordinate, toNumber } from '../parse-number.ts';
import { readTextOrReport } from '../read-text.ts';
import type { YoloConfig } from './yolo-config.ts';

interface YoloImage {
  /** Absolute. */
  imageFile: string;
  fileName: string;
  /** Absolute; need not exist. */
  labels: string;
  config: YoloConfig;
  kinds: LineKinds;
  report: Report;
}

/** Counts label lines that hold more or other things than a box: one note for a split. */
export class LineKinds {
  #shapes = 0;
  #scores = 0;
  #first: string | undefined;

  shape(file: string): void {
    this.#shapes++;
    this.#first ??= file;
  }

  score(file: string): void {
    this.#scores++;
    this.#first ??= file;
  }

  report(split: string, report: Report): void {
    const place = { file: this.#first, key: split };
    if (this.#shapes > 0) {
      const message = `${this.#shapes} label lines of "${split}" are polygons or turned boxes`;
      report('box-of-shape', `${message}: the box around each is read`, place);
    }
    if (this.#scores > 0) {
      const message = `${this.#scores} label lines of "${split}" end in a score or a track`;
      report('label-score', `${message}, which is ignored`, place);
    }
  }
}

/**
 * Reads the boxes; the start of the image too where there are any, because they are relative to its size.
 * @returns undefined when the image cannot be read
 */
export async function readYoloImage(source: YoloImage): Promise<DatasetImage | undefined> {
  const { imageFile, fileName, labels, report } = source;
  const image: DatasetImage = {
    id: withoutExtension(fileName),
    fileName,
    path: imageFile,
    annotationPath: labels,
    boxes: [],
  };
  if (!(await isFile(labels))) {
    report('unlabeled-image', `${fileName} has no label file: it counts as background`, {
      file: imageFile,
    });
    return image;
  }
  const text = await readTextOrReport(labels, report, { limit: MAX_ANNOTATION_BYTES });
  if (text === undefined) return undefined;
  if (text.trim() === '') return image;
  const lines = splitLines(text).filter((row) => row.trim() !== '').length;
  const size = await sizeOrReport(imageFile, lines, report);
  return size && { ...image, ...size, boxes: parseLabels(text, size, source) };
}

function parseLabels(text: string, size: ImageSize, source: YoloImage): GroundTruth[] {
  const { labels: file, config, kinds, report } = source;
  const boxes: GroundTruth[] = [];
  for (const [index, row] of splitLines(text).entries()) {
    const line = index + 1;
    if (row.trim() === '') continue;
    const [classId, ...numbers] = row.trim().split(/\s+/).map(toNumber);
    const isPose = config.keypoints || hasKeypoints(numbers);
    const values = isPose ? numbers : withoutExtras(numbers);
    const box = labelBox(values, size, isPose);
    if (!box || !Number.isInteger(classId)) {
      report('malformed-file', `not a label: "${row.trim().slice(0, 60)}"`, { file, line });
    } else if (!(classId >= 0 && classId < config.classIds.length)) {
      const message = `class ${classId} is none of the ${config.classIds.length} of ${path.basename(config.file)}`;
      report('unknown-class', message, { file, line });
    } else if (!(box.width > 0 && box.height > 0)) {
      report('zero-area-box', `box ${values.slice(0, 4).join(' ')} has no area`, { file, line });
    } else {
      boxes.push({ classId: config.classIds[classId], box, difficult: false, crowd: false, line });
      if (values.length < numbers.length) kinds.score(file);
      if (values.length > 4 && !isPose) kinds.shape(file);
    }
  }
  return boxes;
}

/**
 * The values of a shape without what detectors add behind it: Ultralytics' `Results.save_txt` writes
 * the class, `x y w h` or a polygon, then the score with `save_conf`, then the number of the track,
 * which counts from 1 and is -1 before it is confirmed.
 */
function withoutExtras(values: readonly number[]): readonly number[] {
  const last = values.at(-1)!;
  const isOutside = last > 1 || last < 0;
  const hasTrack = Number.isInteger(last) && (isOutside || (last === 1 && isTrackedBox(values)));
  const rest = hasTrack ? values.slice(0, -1) : values;
  const score = rest.at(-1)!;
  const hasScore = rest.length >= 5 && rest.length % 2 === 1 && score >= 0 && score <= 1;
  return hasScore ? rest.slice(0, -1) : rest;
}

/** Rounding, and boxes that reach a little over the edge. */
const EDGE = 0.01;

/** Whether `x y w h score 1` is a box inside the image; a triangle can have such values, but rarely. */
function isTrackedBox(values: readonly number[]): boolean {
  return values.length === 6 && values[4] >= 0 && values[4] <= 1 && isBoxInside(values);
}

/** Whether at least two points `x y visibility` follow a box, in a set that does not say so. */
function hasKeypoints(values: readonly number[]): boolean {
  const points = values.slice(4);
  const flags = points.filter((_, i) => i % 3 === 2);
  const isList = points.length % 3 === 0 && flags.length >= 2;
  return isList && flags.every((flag) => [0, 1, 2].includes(flag)) && isBoxInside(values);
}

function isBoxInside([x, y, w, h]: readonly number[]): boolean {
  const isInside = (at: number, side: number) =>
    at - side / 2 >= -EDGE && at + side / 2 <= 1 + EDGE;
  return w > 0 && h > 0 && isInside(x, w) && isInside(y, h);
}

/**
 * Pixels of `cx cy w h`, or the box around the polygon `x y x y x y …`; all relative to the image.
 * @returns undefined for any other number of values or when one is not a number
 */
function labelBox(
  values: readonly number[],
  { width, height }: ImageSize,
  keypoints: boolean,
): Box | undefined {
  if (!values.every(isCoordinate)) return undefined;
  if (values.length === 4 || (keypoints && values.length > 4)) {
    const [cx, cy, w, h] = values;
    return {
      x: (cx - w / 2) * width,
      y: (cy - h / 2) * height,
      width: w * width,
      height: h * height,
    };
  }
  if (values.length < 6 || values.length % 2 !== 0) return undefined;
  const [left, right] = range(values.filter((_, i) => i % 2 === 0));
  const [top, bottom] = range(values.filter((_, i) => i % 2 === 1));
  return {
    x: left * width,
    y: top * height,
    width: (right - left) * width,
    height: (bottom - top) * height,
  };
}

function range(values: readonly number[]): [least: number, greatest: number] {
  let [least, greatest] = [values[0], values[0]];
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return [least, greatest];
}
