/** Lines of a YOLO label file. */
import type { Box } from '../../boxes.ts';
import type { ImageSize } from '../image-size.ts';
import { isCoordinate, toNumber } from '../parse-number.ts';
import { splitLines } from '../split-lines.ts';

export interface YoloLine {
  /** Text without spaces around it. */
  row: string;
  /** Number in the file, from 1. */
  line: number;
  /** As written; may not be a whole number. */
  classId: number;
  /** Everything behind the class. */
  numbers: readonly number[];
  /** The numbers of the shape. */
  values: readonly number[];
  /** Whether keypoints follow the box. */
  isPose: boolean;
  /** Pixels; undefined for a line that is not a label. */
  box: Box | undefined;
}

/**
 * Reads the lines that are not blank. What a line means can depend on the others: all are of one kind.
 * @param keypoints whether the dataset says that its labels have keypoints
 */
export function parseYoloLines(text: string, size: ImageSize, keypoints: boolean): YoloLine[] {
  const rows = splitLines(text)
    .map((row, index) => ({ row: row.trim(), line: index + 1 }))
    .filter(({ row }) => row !== '');
  const parsed = rows.map(({ row }) => row.split(/\s+/).map(toNumber));
  const all = parsed.map(([, ...numbers]) => numbers).filter((numbers) => numbers.length >= 4);
  const isPose = keypoints || all.every((numbers) => hasKeypoints(numbers, all[0].length));
  const isTracked = all.every(mayEndInTrack) && all.filter(isTrackedBox).length <= 1;
  return rows.map(({ row, line }, i) => {
    const [classId, ...numbers] = parsed[i];
    const values = isPose ? numbers : withoutExtras(numbers, isTracked);
    return { row, line, classId, numbers, values, isPose, box: labelBox(values, size, isPose) };
  });
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
