/** LabelMe: a JSON file for each image, beside it or in a folder of its own. */
import path from 'node:path';
import { isRecord } from '../../json.ts';
import type { Report } from '../check/findings.ts';
import { isFolder, MAX_ANNOTATION_BYTES, mapConcurrently, readStart } from '../dataset-files.ts';
import { canonicalSplit, type DatasetSource, sortSplits } from '../dataset-source.ts';
import { listFolder } from '../folders.ts';
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
const JSON_FOLDERS = ['', 'annotations', 'labels', 'json'];
const START_BYTES = 4096;

/** Whether a JSON file begins as those of LabelMe do. */
export async function looksLikeLabelme(file: string): Promise<boolean> {
  return /"shapes"\s*:\s*\[/.test((await readStart(file, START_BYTES)).toString('latin1'));
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
  const splits = new Map<string, string[]>();
  const whole = inFolder ? await labelFiles(location) : [location];
  if (whole.length > 0) splits.set('train', whole);
  for (const name of whole.length > 0 ? [] : await listFolder(location)) {
    if (!['train', 'val', 'test'].includes(canonicalSplit(name))) continue;
    const files = await labelFiles(path.join(location, name));
    if (files.length > 0) splits.set(name, files);
  }
  if (splits.size === 0) return undefined;
  return {
    format: 'labelme',
    root,
    splits: sortSplits(splits.keys()),
    files: [],
    folders: inFolder ? [root, ...given] : given,
    async read(split, report) {
      const files = splits.get(split)!;
      const records = await mapConcurrently(files, (file) => readImage(file, report));
      const near = path.dirname(files[0]);
      const source = { format: 'labelme' as const, root, split, near, given };
      const known = records.filter((record) => record !== undefined);
      return recordsDataset(source, known, [], report);
    },
  };
}

async function labelFiles(folder: string): Promise<string[]> {
  for (const name of JSON_FOLDERS) {
    const place = path.join(folder, name);
    const json = (await listFolder(place)).filter((file) => /\.json$/i.test(file));
    const files = json.map((file) => path.join(place, file));
    const flags = await mapConcurrently(files, looksLikeLabelme);
    if (flags.includes(true)) return files.filter((_, i) => flags[i]);
  }
  return [];
}

async function readImage(file: string, report: Report): Promise<ImageRecord | undefined> {
  const content = await readJsonOrReport(file, report, MAX_ANNOTATION_BYTES);
  if (content === undefined) return undefined;
  const place = { file };
  const shapes = isRecord(content) ? content['shapes'] : undefined;
  if (!isRecord(content) || !Array.isArray(shapes)) {
    report('malformed-file', 'the file has no list of shapes', place);
    return undefined;
  }
  const count = new ShapeCount();
  const boxes: RecordBox[] = [];
  for (const [i, shape] of shapes.entries()) {
    const box = readShape(shape, count);
    if (box === 'malformed') {
      report('malformed-file', 'a shape has no label or no points', { file, key: `shapes[${i}]` });
    } else if (box) boxes.push(box);
  }
  count.report(report, place);
  const { imagePath, imageWidth, imageHeight } = content;
  return {
    names: [
      ...(typeof imagePath === 'string' && imagePath ? [imagePath] : []),
      `${path.basename(file).replace(/\.json$/i, '')}.jpg`,
    ],
    annotationPath: file,
    ...(typeof imageWidth === 'number' && { width: imageWidth }),
    ...(typeof imageHeight === 'number' && { height: imageHeight }),
    boxes,
    place,
  };
}

function readShape(shape: unknown, count: ShapeCount): RecordBox | 'malformed' | undefined {
  if (!isRecord(shape)) return 'malformed';
  const { label, points, shape_type: type = 'polygon' } = shape;
  if (typeof label !== 'string' || label === '' || !isPoints(points)) return 'malformed';
  switch (type) {
    case 'rectangle':
      return { label, box: boxAround(points) };
    case 'polygon':
    case 'mask':
    case 'oriented_rectangle':
    case 'rotation':
      count.boxes++;
      return { label, box: boxAround(points) };
    case 'circle': {
      if (points.length !== 2) return 'malformed';
      const [[x, y], [px, py]] = points;
      const radius = Math.hypot(px - x, py - y);
      count.boxes++;
      const box = { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
      return { label, box };
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
