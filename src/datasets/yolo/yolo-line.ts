/** One line of a YOLO label file. */
import type { Box } from '../../boxes.ts';
import type { ImageSize } from '../image-size.ts';
import { isCoordinate, toNumber } from '../parse-number.ts';

export interface YoloLine {
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

/** @param keypoints whether the dataset says that its labels have keypoints */
export function parseYoloLine(row: string, size: ImageSize, keypoints: boolean): YoloLine {
  const [classId, ...numbers] = row.trim().split(/\s+/).map(toNumber);
  const isPose = keypoints || hasKeypoints(numbers);
  const values = isPose ? numbers : withoutExtras(numbers);
  return { classId, numbers, values, isPose, box: labelBox(values, size, isPose) };
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
