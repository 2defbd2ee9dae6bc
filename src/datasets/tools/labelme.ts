/** LabelMe: a JSON file for each image, beside it or in a folder of its own, at any depth. */
import path from 'node:path';
import { isRecord } from '../../json.ts';
import type { Report } from '../check/findings.ts';
import { isFolder, mapConcurrently, readStartText, relativeName } from '../dataset-files.ts';
import { canonicalSplit, type DatasetSource, sortSplits } from '../dataset-source.ts';
import { walkFiles } from '../folders.ts';
import { groupBy } from '../group-by.ts';
import { readJsonOrReport } from './json-file.ts';
import {
  boxAround,
  type ImageRecord,
  type Point,
  type RecordBox,
  recordsDataset,
  ShapeCount,
} from './records.ts';

/** What to look for, in words. */
export const LABELME_LAYOUT = '*.json with shapes beside their images (LabelMe)';

/** Folders that hold the JSON files where the images have one too. */
const JSON_FOLDER = /(^|\/)(annotations|labels|json)(?=\/|$)/i;
const START_BYTES = 4096;
/** The image may be inside. */
const MAX_BYTES = 2 ** 26;

/** Whether a JSON file is one of LabelMe: `shapes` may come behind the data of the image. */
export async function looksLikeLabelme(file: string): Promise<boolean> {
  const hasShapes = (text: string) => /"shapes"\s*:\s*\[/.test(text);
  const start = await readStartText(file, START_BYTES);
  if (hasShapes(start)) return true;
  if (!/"(flags|image(Data|Path|Height|Width))"\s*:/.test(start)) return false;
  return hasShapes(await readStartText(file, MAX_BYTES));
}

/**
 * @param location a folder, or one JSON file
 * @returns undefined when the folder has no such files
 */
export async function openLabelme(
  location: string,
  given: readonly string[],
): Promise<DatasetSource | undefined> {
  const inFolder = await isFolder(location);
  const root = inFolder ? location : path.dirname(location);
  const splits = filesBySplit(root, inFolder ? await labelFiles(root) : [location]);
  if (splits.size === 0) return undefined;
  return {
    format: 'labelme',
    root,
    splits: sortSplits(splits.keys()),
    files: [],
    folders: inFolder ? [root, ...given] : given,
    async read(split, report) {
      const files = splits.get(split)!;
      const records = await mapConcurrently(files, (file) => readImage(root, file, report));
      const source = { format: 'labelme' as const, root, split, near: root, given };
      const known = records.filter((record) => record !== undefined);
      return recordsDataset(source, known, [], report);
    },
  };
}

async function labelFiles(root: string): Promise<string[]> {
  const files = (await walkFiles(root)).filter((file) => /\.json$/i.test(file));
  const flags = await mapConcurrently(files, looksLikeLabelme);
  return files.filter((_, i) => flags[i]);
}

/** By the folders `train`, `valid` and so on; without any, all files are the split `train`. */
function filesBySplit(root: string, files: readonly string[]): Map<string, string[]> {
  const groups = groupBy(files, (file) => {
    const folder = relativeName(root, path.dirname(file)).replace(JSON_FOLDER, '');
    return folder.split('/').find((part) => part !== '') ?? '';
  });
  const splits = [...groups].filter(([name]) => {
    return ['train', 'val', 'test'].includes(canonicalSplit(name));
  });
  return splits.length > 0 || files.length === 0
    ? new Map(splits)
    : new Map([['train', [...files]]]);
}

/**
 * Names relative to the root that the image may have: where `imagePath` says, or like the JSON file;
 * beside that file, or in the folder of images beside its own.
 */
function imageNames(root: string, file: string, imagePath: unknown): string[] {
  const folder = relativeName(root, path.dirname(file));
  const folders = [
    folder,
    folder.replace(JSON_FOLDER, ''),
    folder.replace(JSON_FOLDER, '$1images'),
  ];
  const stated = typeof imagePath === 'string' ? imagePath.replaceAll('\\', '/') : '';
  const isAbsolute = /^(\/|\w:)/.test(stated);
  // Without an extension: that of any image.
  const own = path.basename(file).replace(/\.json$/i, '');
  const names = [isAbsolute ? path.posix.basename(stated) : stated, own];
  const all = names.filter(Boolean).flatMap((name) => {
    return folders.map((place) => path.posix.join(place.replace(/^\//, ''), name));
  });
  return [...new Set(all)];
}

async function readImage(
  root: string,
  file: string,
  report: Report,
): Promise<ImageRecord | undefined> {
  const content = await readJsonOrReport(file, report, MAX_BYTES);
  if (content === undefined) return undefined;
  const place = { file };
  const shapes = isRecord(content) ? content['shapes'] : undefined;
  if (!isRecord(content) || !Array.isArray(shapes)) {
    report('malformed-file', 'the file has no list of shapes', place);
    return undefined;
  }
  const count = new ShapeCount();
  const parts: Part[] = [];
  for (const [i, shape] of shapes.entries()) {
    const part = readShape(shape, count);
    if (part === 'malformed') {
      report('malformed-file', 'a shape has no label or no points', { file, key: `shapes[${i}]` });
    } else if (part) parts.push(part);
  }
  count.report(report, place);
  const { imagePath, imageWidth, imageHeight } = content;
  return {
    names: imageNames(root, file, imagePath),
    annotationPath: file,
    ...(typeof imageWidth === 'number' && { width: imageWidth }),
    ...(typeof imageHeight === 'number' && { height: imageHeight }),
    boxes: joinGroups(parts),
    place,
  };
}

/** A shape, perhaps of an object that has several. */
interface Part extends RecordBox {
  group: unknown;
  isRectangle: boolean;
}

/**
 * One box for all shapes of one label and group, as LabelMe's labelme2coco.py joins them; rectangles
 * alone are an object each, as in its example of box detection.
 */
function joinGroups(parts: readonly Part[]): RecordBox[] {
  const objects = groupBy(parts, (part): unknown => {
    const isAlone = part.group === null || part.group === undefined;
    return isAlone ? part : JSON.stringify([part.label, part.group]);
  });
  return [...objects.values()].flatMap((shapes): RecordBox[] => {
    if (shapes.every(({ isRectangle }) => isRectangle)) {
      return shapes.map(({ label, box }) => ({ label, box }));
    }
    const corners = shapes.flatMap(({ box: { x, y, width, height } }): Point[] => [
      [x, y],
      [x + width, y + height],
    ]);
    return [{ label: shapes[0].label, box: boxAround(corners) }];
  });
}

function readShape(shape: unknown, count: ShapeCount): Part | 'malformed' | undefined {
  if (!isRecord(shape)) return 'malformed';
  const { label, points, group_id: group } = shape;
  const type = shape['shape_type'] ?? 'polygon';
  if (typeof label !== 'string' || label === '' || !isPoints(points)) return 'malformed';
  switch (type) {
    case 'rectangle':
      return { label, group, isRectangle: true, box: boxAround(points) };
    case 'polygon':
    case 'mask':
    case 'oriented_rectangle':
    case 'rotation':
      count.boxes++;
      return { label, group, isRectangle: false, box: boxAround(points) };
    case 'circle': {
      if (points.length !== 2) return 'malformed';
      const [[x, y], [px, py]] = points;
      const radius = Math.hypot(px - x, py - y);
      count.boxes++;
      const box = { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
      return { label, group, isRectangle: false, box };
    }
    default:
      count.leftOut++;
      return undefined;
  }
}

function isPoints(value: unknown): value is Point[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every(
    (point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite),
  );
}
