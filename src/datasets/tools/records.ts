/** What the readers of labeling tools have in common: from records of images to a dataset. */
import path from 'node:path';
import type { Box } from '../../boxes.ts';
import type { FindingCode, Place, Report } from '../check/findings.ts';
import { relativeName } from '../dataset-files.ts';
import type { Dataset, DatasetFormat, DatasetImage, GroundTruth, Id } from '../dataset-types.ts';
import { FileFinder } from '../folders.ts';
import { ImagePlaces, usualFolders } from '../image-places.ts';
import { isCoordinate } from '../parse-number.ts';

/** A labeled object by its class name. */
export interface RecordBox extends Partial<Pick<GroundTruth, 'crowd' | 'line'>> {
  label: string;
  box: Box;
}

/** One image as a tool describes it. */
export interface ImageRecord {
  /** Names that the image may have, most likely first. */
  names: readonly string[];
  id?: Id;
  annotationPath: string;
  width?: number;
  height?: number;
  boxes: RecordBox[];
  place: Place;
}

/** Where a split comes from. */
export interface RecordSource {
  format: DatasetFormat;
  root: string;
  split: string;
  /** Folder of the annotation files. */
  near: string;
  /** Folders of images that the user names; empty: the usual ones. */
  given: readonly string[];
}

/**
 * Finds the images of records, and numbers their classes.
 * @param classes in this order, others behind them; both by name
 */
export async function recordsDataset(
  { format, root, split, near, given }: RecordSource,
  records: readonly ImageRecord[],
  classes: readonly string[],
  report: Report,
): Promise<Dataset> {
  const labels = new Set<string>();
  for (const { boxes } of records) for (const { label } of boxes) labels.add(label);
  const others = [...labels].filter((label) => !classes.includes(label)).sort();
  const all = [...classes, ...others];
  const classIds = new Map(all.map((name, classId) => [name, classId]));
  const finder = new FileFinder();
  const folders = given.length > 0 ? given : usualFolders(root, split, near);
  const places = new ImagePlaces({
    folders,
    root: given.length > 0 ? undefined : root,
    finder,
    near,
    isForeign: true,
  });
  const found = await places.findFirst(records.map(({ names }) => names));
  const images = records.flatMap((record, i): DatasetImage[] => {
    const { names, id, annotationPath, width, height, place } = record;
    const at = found[i];
    if (!at) {
      const lost = { ...place, boxes: record.boxes.length };
      report('unsafe-path', `image name "${names[0]}" leaves the dataset`, lost);
      return [];
    }
    if (at.rival) report('ambiguous-name', `"${names[0]}" may be ${at.file} or ${at.rival}`, place);
    const boxes = record.boxes.flatMap(({ label, box, crowd = false, line }): GroundTruth[] => {
      const where = line === undefined ? place : { ...place, line };
      const code = boxProblem(box);
      if (code) {
        const text = Object.values(box).map(shortNumber).join(', ');
        const message = `box ${text} of "${label}" ${PROBLEMS[code]}`;
        report(code, message, where);
        return [];
      }
      return [
        { classId: classIds.get(label)!, box, difficult: false, crowd, ...(line && { line }) },
      ];
    });
    const fileName = relativeName(at.folder, at.file);
    const sized = Number(width) > 0 && Number(height) > 0;
    return [
      {
        id: id ?? fileName,
        fileName,
        path: at.file,
        annotationPath,
        ...(sized && { width, height }),
        boxes,
      },
    ];
  });
  return { name: path.basename(root), root, format, split, classes: all, images, warnings: [] };
}

const PROBLEMS = { 'malformed-file': 'is not four coordinates', 'zero-area-box': 'has no area' };

function boxProblem(box: Box): (FindingCode & keyof typeof PROBLEMS) | undefined {
  if (!Object.values(box).every(isCoordinate)) return 'malformed-file';
  return box.width > 0 && box.height > 0 ? undefined : 'zero-area-box';
}

const shortNumber = (value: number): string => String(Math.round(value * 100) / 100);

export type Point = readonly [x: number, y: number];

/** The box around points; of none, or of points that are not numbers, it has no finite sides. */
export function boxAround(points: readonly Point[]): Box {
  let [left, top, right, bottom] = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  for (const [x, y] of points) {
    left = x >= left ? left : x;
    right = x <= right ? right : x;
    top = y >= top ? top : y;
    bottom = y <= bottom ? bottom : y;
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The box around a box that is turned clockwise about a point. */
export function boxAroundTurned({ x, y, width, height }: Box, degrees: number, center: Point): Box {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const corners: Point[] = [
    [x, y],
    [x + width, y],
    [x, y + height],
    [x + width, y + height],
  ];
  return boxAround(
    corners.map(([px, py]): Point => {
      const [dx, dy] = [px - center[0], py - center[1]];
      return [center[0] + dx * cos - dy * sin, center[1] + dx * sin + dy * cos];
    }),
  );
}

/** The box around an ellipse with a center and two radii, turned about the center. */
export function boxAroundEllipse(
  [x, y]: Point,
  [rx, ry]: readonly [number, number],
  degrees: number,
): Box {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const [across, down] = [Math.hypot(rx * cos, ry * sin), Math.hypot(rx * sin, ry * cos)];
  return { x: x - across, y: y - down, width: 2 * across, height: 2 * down };
}

/** Counts shapes that are not boxes: one note for a file. */
export class ShapeCount {
  boxes = 0;
  leftOut = 0;
  /** Labeled objects of whose shape no box is made, by what they are. */
  readonly unread = new Map<string, number>();

  addUnread(what: string): void {
    this.unread.set(what, (this.unread.get(what) ?? 0) + 1);
  }

  report(report: Report, place: Place): void {
    if (this.boxes > 0) {
      const message = `${this.boxes} shapes are not upright boxes: the box around each is read`;
      report('box-of-shape', message, place);
    }
    if (this.leftOut > 0) {
      report('shape-left-out', `${this.leftOut} points, lines or tags are not read`, place);
    }
    for (const [what, count] of this.unread) {
      const message = `${count} labeled objects are ${what}, of which no box is read`;
      report('unread-object', message, { ...place, boxes: count });
    }
  }
}
