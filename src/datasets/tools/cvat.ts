/** CVAT for images 1.1: one annotations.xml for all images; subsets are splits. */
import path from 'node:path';
import type { Report } from '../check/findings.ts';
import { isFolder, onlyFile, readStartText } from '../dataset-files.ts';
import { type DatasetSource, sortSplits } from '../dataset-source.ts';
import { listFolder } from '../folders.ts';
import { toNumber } from '../parse-number.ts';
import { readTextOrReport } from '../read-text.ts';
import { type Attributes, parseXml, XmlError } from '../xml.ts';
import {
  boxAround,
  boxAroundEllipse,
  boxAroundTurned,
  type ImageRecord,
  type Point,
  recordsDataset,
  ShapeCount,
} from './records.ts';

/** What to look for, in words. */
export const CVAT_LAYOUT = 'annotations.xml (CVAT for images)';

const START_BYTES = 4096;
/** About two million boxes. */
const MAX_BYTES = 2 ** 28;

interface CvatFile {
  /** With the subset of each; `train` where the file has none. */
  records: (ImageRecord & { subset: string })[];
  labels: string[];
}

/**
 * @param location a folder with one such XML file, or the file
 * @returns undefined when there is none
 */
export async function openCvat(
  location: string,
  given: readonly string[],
): Promise<DatasetSource | undefined> {
  const inFolder = await isFolder(location);
  const file = inFolder ? await cvatFile(location) : location;
  if (file === undefined) return undefined;
  const root = path.dirname(file);
  const subsets = (await readCvat(file, () => {})).records.map(({ subset }) => subset);
  return {
    format: 'cvat',
    root,
    splits: sortSplits(new Set(subsets.length > 0 ? subsets : ['train'])),
    files: [file],
    folders: inFolder ? [root, ...given] : given,
    async read(split, report) {
      const { records, labels } = await readCvat(file, report);
      const own = records.filter(({ subset }) => subset === split);
      return recordsDataset(
        { format: 'cvat', root, split, near: root, given },
        own,
        labels,
        report,
      );
    },
  };
}

async function cvatFile(folder: string): Promise<string | undefined> {
  const names = (await listFolder(folder)).filter((name) => /\.xml$/i.test(name));
  const usual = names.filter((name) => /^annotations\.xml$/i.test(name));
  return (
    (await onlyFile(folder, usual, looksLikeCvat)) ?? (await onlyFile(folder, names, looksLikeCvat))
  );
}

async function looksLikeCvat(file: string): Promise<boolean> {
  return /<annotations[\s>]/.test(await readStartText(file, START_BYTES));
}

async function readCvat(file: string, report: Report): Promise<CvatFile> {
  const found: CvatFile = { records: [], labels: [] };
  const text = await readTextOrReport(file, report, { limit: MAX_BYTES, isXml: true });
  if (text === undefined) return found;
  const count = new ShapeCount();
  const labels = new Set<string>();
  let label = '';
  try {
    parseXml(text, {
      root: 'annotations',
      kind: 'a file of CVAT for images',
      onOpen(open, attributes, line) {
        if (open.length === 2 && open[1] === 'image') {
          const record = imageRecord(attributes, { file, line });
          if (record) found.records.push(record);
          else report('malformed-file', 'an image has no name', { file, line });
        } else if (open.length === 3 && open[1] === 'image') {
          readShape(open[2], attributes, line, found.records.at(-1), count, report);
        } else if (open[1] === 'track') {
          throw new XmlError(line, 'this is CVAT for video: export the task as CVAT for images');
        }
      },
      onClose(open, content) {
        if (open.at(-2) !== 'label') return;
        if (open.at(-1) === 'name' && content) {
          label = content;
          labels.add(label);
          // A point of a skeleton: no box has such a label.
        } else if (open.at(-1) === 'parent') labels.delete(label);
      },
    });
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    report('malformed-file', error.message, { file, line: error.line });
  }
  count.report(report, { file });
  return { ...found, labels: [...labels] };
}

function imageRecord(
  { id, name, width, height, subset }: Attributes,
  place: { file: string; line: number },
): CvatFile['records'][number] | undefined {
  if (!name) return undefined;
  return {
    names: subset ? [`${subset}/${name}`, name] : [name],
    id: id ?? name,
    annotationPath: place.file,
    width: toNumber(width ?? ''),
    height: toNumber(height ?? ''),
    boxes: [],
    place,
    subset: subset || 'train',
  };
}

function readShape(
  kind: string,
  attributes: Attributes,
  line: number,
  record: ImageRecord | undefined,
  count: ShapeCount,
  report: Report,
): void {
  if (!record) return;
  const { label, rotation = '0' } = attributes;
  const number = (name: string) => toNumber(attributes[name] ?? '');
  const add = (box: ReturnType<typeof boxAround>, isShape: boolean) => {
    if (!label) report('malformed-file', `a ${kind} has no label`, { ...record.place, line });
    else record.boxes.push({ label, box, line });
    if (isShape) count.boxes++;
  };
  if (kind === 'box') {
    const box = boxAround([
      [number('xtl'), number('ytl')],
      [number('xbr'), number('ybr')],
    ]);
    const [degrees, center] = [toNumber(rotation), centerOf(box)];
    add(degrees === 0 ? box : boxAroundTurned(box, degrees, center), degrees !== 0);
  } else if (kind === 'polygon') {
    add(boxAround(points(attributes['points'] ?? '')), true);
  } else if (kind === 'ellipse') {
    // CVAT turns every shape that has a rotation clockwise about its center.
    const [x, y, rx, ry] = ['cx', 'cy', 'rx', 'ry'].map(number);
    add(boxAroundEllipse([x, y], [rx, ry], toNumber(rotation)), true);
  } else if (kind === 'mask') {
    const [x, y, width, height] = ['left', 'top', 'width', 'height'].map(number);
    add({ x, y, width, height }, true);
  } else if (kind === 'cuboid' || kind === 'skeleton') count.addUnread(`${kind}s`);
  else count.leftOut++;
}

function centerOf({ x, y, width, height }: ReturnType<typeof boxAround>): Point {
  return [x + width / 2, y + height / 2];
}

/** `x,y;x,y;…` */
function points(text: string): Point[] {
  return text.split(';').map((pair): Point => {
    const [x = '', y = ''] = pair.split(',');
    return [toNumber(x), toNumber(y)];
  });
}
