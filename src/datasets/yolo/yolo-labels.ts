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
  #poses = 0;
  #first: string | undefined;

  shape(file: string): void {
    this.#shapes++;
    this.#first ??= file;
  }

  score(file: string): void {
    this.#scores++;
    this.#first ??= file;
  }

  pose(file: string): void {
    this.#poses++;
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
    if (this.#poses > 0) {
      const message = `${this.#poses} label lines of "${split}" look like a box with keypoints`;
      report('shape-left-out', `${message}, which are not read`, place);
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
  const rows = splitLines(text).map((row) => row.trim());
  const parsed = rows.map((row) => row.split(/\s+/).map(toNumber));
  const all = parsed.map(([, ...numbers]) => numbers).filter((numbers) => numbers.length >= 4);
  const isPose = config.keypoints || all.every((numbers) => hasKeypoints(numbers, all[0].length));
  const isTracked = all.every(mayEndInTrack) && all.filter(isTrackedBox).length <= 1;
  for (const [index, row] of rows.entries()) {
    const line = index + 1;
    if (row === '') continue;
    const [classId, ...numbers] = parsed[index];
    const values = isPose ? numbers : withoutExtras(numbers, isTracked);
    const box = labelBox(values, size, isPose);
    if (!box || !Number.isInteger(classId)) {
      report('malformed-file', `not a label: "${row.slice(0, 60)}"`, { file, line });
    } else if (!(config.classIds[classId] >= 0)) {
      const isBlank = classId in config.classIds;
      const message = isBlank
        ? `line ${classId + 1} of ${path.basename(config.file)}, for class ${classId}, is blank`
        : `class ${classId} is none of the ${config.classIds.length} of ${path.basename(config.file)}`;
      report('unknown-class', message, { file, line });
    } else if (!(box.width > 0 && box.height > 0)) {
      report('zero-area-box', `box ${values.slice(0, 4).join(' ')} has no area`, { file, line });
    } else {
      boxes.push({ classId: config.classIds[classId], box, difficult: false, crowd: false, line });
      if (values.length < numbers.length) kinds.score(file);
      if (isPose && !config.keypoints) kinds.pose(file);
      if (values.length > 4 && !isPose) kinds.shape(file);
    }
  }
  return boxes;
}

/**
 * The values of a shape without what detectors add behind it: Ultralytics' `Results.save_txt` writes
 * the class, `x y w h` or a polygon, then the score with `save_conf`, then the number of the track,
 * which counts from 1 and is -1 before it is confirmed.
 * @param isTracked whether all lines of the file may end in a track
 */
function withoutExtras(values: readonly number[], isTracked: boolean): readonly number[] {
  const hasTrack = isTrackNumber(values) || (isTracked && isTrackedBox(values));
  const rest = hasTrack ? values.slice(0, -1) : values;
  const score = rest.at(-1)!;
  const hasScore = rest.length >= 5 && rest.length % 2 === 1 && score >= 0 && score <= 1;
  return hasScore ? rest.slice(0, -1) : rest;
}

/** Rounding, and boxes that reach a little over the edge. */
const EDGE = 0.01;

/** Whether a line ends in a whole number outside the range of coordinates. */
function isTrackNumber(values: readonly number[]): boolean {
  const last = values.at(-1)!;
  return Number.isInteger(last) && (last > 1 || last < 0);
}

/**
 * Whether a line is `x y w h score 1` with a box inside the image. A triangle can have such values, so it
 * counts only among lines that all end in tracks, of which one can be the first.
 */
function isTrackedBox(values: readonly number[]): boolean {
  const [, , , , score, track] = values;
  return values.length === 6 && track === 1 && score >= 0 && score <= 1 && isBoxInside(values);
}

const mayEndInTrack = (values: readonly number[]): boolean =>
  isTrackNumber(values) || isTrackedBox(values);

/**
 * Whether at least two points `x y visibility` follow a box, in a set that does not say so. A polygon on
 * the edge of the image can have the flags 0 and 1, but then points hardly lie in the box; and all lines
 * of poses have one length.
 */
function hasKeypoints(values: readonly number[], length: number): boolean {
  const count = (values.length - 4) / 3;
  if (values.length !== length || !Number.isInteger(count) || count < 2) return false;
  const [cx, cy, w, h] = values;
  const isNear = (at: number, center: number, side: number) =>
    Math.abs(at - center) <= side / 2 + EDGE;
  const points = Array.from({ length: count }, (_, i) => values.slice(4 + 3 * i, 7 + 3 * i));
  const hasFlags = points.every(([, , flag]) => [0, 1, 2].includes(flag));
  const isCertain = points.some(([, , flag]) => flag === 2);
  const areNear = points.every(
    ([x, y, flag]) => flag === 0 || (isNear(x, cx, w) && isNear(y, cy, h)),
  );
  return isBoxInside(values) && hasFlags && (isCertain || areNear);
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
