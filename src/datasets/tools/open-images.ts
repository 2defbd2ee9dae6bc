/** Open Images: SPLIT-annotations-bbox.csv, class descriptions, and images named by their id. */
import path from 'node:path';
import type { Report } from '../check/findings.ts';
import { isFolder, mapConcurrently, readStartText } from '../dataset-files.ts';
import { type DatasetSource, sortSplits } from '../dataset-source.ts';
import type { Dataset, DatasetImage } from '../dataset-types.ts';
import { EncodingError } from '../decode-text.ts';
import { listFolder } from '../folders.ts';
import { groupBy } from '../group-by.ts';
import { sizeOrReport } from '../image-size.ts';
import { toNumber } from '../parse-number.ts';
import { readLines } from '../read-lines.ts';
import { readTextOrReport } from '../read-text.ts';
import { splitLines } from '../split-lines.ts';
import { csvFields } from './csv.ts';
import { type ImageRecord, type RecordBox, recordsDataset } from './records.ts';

/** What to look for, in words. */
export const OPEN_IMAGES_LAYOUT = '*.csv with ImageID, LabelName and XMin (Open Images)';

const COLUMNS = ['ImageID', 'LabelName', 'XMin', 'XMax', 'YMin', 'YMax'];
const START_BYTES = 1024;

/**
 * @param location a folder with such CSV files, or one
 * @returns undefined when there are none
 */
export async function openOpenImages(
  location: string,
  given: readonly string[],
): Promise<DatasetSource | undefined> {
  const inFolder = await isFolder(location);
  const root = inFolder ? location : path.dirname(location);
  const tables = inFolder ? await boxTables(root) : [location];
  if (tables.length === 0) return undefined;
  const bySplit = groupBy(tables, splitName);
  const names = (await listFolder(root)).find((name) => /class-descriptions.*\.csv$/i.test(name));
  const descriptions = names && path.join(root, names);
  return {
    format: 'openimages',
    root,
    splits: sortSplits(bySplit.keys()),
    files: [...tables, ...(descriptions ? [descriptions] : [])],
    folders: inFolder ? [root, ...given] : given,
    async read(split, report) {
      const labels = await readDescriptions(descriptions, report);
      const records = new Map<string, ImageRecord>();
      for (const file of bySplit.get(split)!) await readTable(file, labels, records, report);
      const source = { format: 'openimages' as const, root, split, near: root, given };
      const shares = await recordsDataset(source, [...records.values()], [], report);
      return toPixels(shares, report);
    },
  };
}

async function boxTables(root: string): Promise<string[]> {
  const csv = (await listFolder(root)).filter((name) => /\.csv$/i.test(name));
  const files = csv.map((name) => path.join(root, name));
  const flags = await mapConcurrently(files, async (file) => {
    const [header] = splitLines(await readStartText(file, START_BYTES));
    return COLUMNS.every((column) => csvFields(header).includes(column));
  });
  return files.filter((_, i) => flags[i]);
}

/** `oidv6-train-annotations-bbox.csv` → `train` */
function splitName(file: string): string {
  const name = path.basename(file).toLowerCase();
  return /(train|validation|val|test)/.exec(name)?.[1] ?? name.replace(/\.csv$/, '');
}

/** Class names by their ids such as `/m/01g317`; an id without a description is its own name. */
async function readDescriptions(
  file: string | undefined,
  report: Report,
): Promise<ReadonlyMap<string, string>> {
  const text = file === undefined ? '' : ((await readTextOrReport(file, report)) ?? '');
  const rows = splitLines(text).map(csvFields);
  return new Map(rows.flatMap(([id, name]): [string, string][] => (name ? [[id, name]] : [])));
}

/** Adds the boxes of a table, which are shares of the image until its size is known. */
async function readTable(
  file: string,
  names: ReadonlyMap<string, string>,
  records: Map<string, ImageRecord>,
  report: Report,
): Promise<void> {
  let columns: ReadonlyMap<string, number> | undefined;
  let line = 0;
  try {
    for await (const rows of readLines(file)) {
      for (const row of rows) {
        line++;
        if (row.trim() === '') continue;
        if (columns) readRow(row, columns, { file, line }, names, records, report);
        else columns = new Map(csvFields(row).map((name, i) => [name, i]));
        const missing = COLUMNS.find((name) => !columns!.has(name));
        if (missing) {
          report('malformed-file', `the column ${missing} is missing`, { file, line });
          return;
        }
      }
    }
  } catch (error) {
    if (!(error instanceof EncodingError)) throw error;
    report('text-encoding', error.message, { file });
  }
}

function readRow(
  row: string,
  columns: ReadonlyMap<string, number>,
  place: { file: string; line: number },
  names: ReadonlyMap<string, string>,
  records: Map<string, ImageRecord>,
  report: Report,
): void {
  const fields = csvFields(row);
  const field = (name: string) => fields[columns.get(name) ?? -1] ?? '';
  const [x, right, y, bottom] = ['XMin', 'XMax', 'YMin', 'YMax'].map((n) => toNumber(field(n)));
  const [id, label] = [field('ImageID'), field('LabelName')];
  if (id === '' || label === '') {
    report('malformed-file', 'the row has no ImageID or no LabelName', place);
    return;
  }
  let record = records.get(id);
  if (!record) {
    // A copy: a part of a text keeps the whole piece of the file in memory.
    const own = Buffer.from(id).toString();
    const { file: annotationPath } = place;
    record = { names: [`${own}.jpg`, own], id: own, annotationPath, boxes: [], place };
    records.set(own, record);
  }
  const isOther = record.annotationPath !== place.file;
  const found: RecordBox = {
    label: names.get(label) ?? Buffer.from(label).toString(),
    box: { x, y, width: right - x, height: bottom - y },
    crowd: field('IsGroupOf') === '1',
    ...(!isOther && { line: place.line }),
  };
  // Tables of two versions of the dataset repeat each other.
  if (!isOther || !record.boxes.some((other) => isSameBox(other, found))) record.boxes.push(found);
}

const isSameBox = (a: RecordBox, b: RecordBox): boolean =>
  a.label === b.label && String(Object.values(a.box)) === String(Object.values(b.box));

async function toPixels(dataset: Dataset, report: Report): Promise<Dataset> {
  const images = await mapConcurrently(
    dataset.images,
    async (image): Promise<DatasetImage | undefined> => {
      const size = await sizeOrReport(image.path, image.boxes.length, report);
      if (!size) return undefined;
      const { width, height } = size;
      const boxes = image.boxes.map((truth) => {
        const { box } = truth;
        return {
          ...truth,
          box: {
            x: box.x * width,
            y: box.y * height,
            width: box.width * width,
            height: box.height * height,
          },
        };
      });
      return { ...image, ...size, boxes };
    },
  );
  return { ...dataset, images: images.filter((image) => image !== undefined) };
}
