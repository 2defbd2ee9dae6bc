/** Open Images: SPLIT-annotations-bbox.csv, class descriptions, and images named by their id. */
import path from 'node:path';
import type { Report } from '../check/findings.ts';
import { isFolder, mapConcurrently, readStart, splitLines } from '../dataset-files.ts';
import { type DatasetSource, sortSplits } from '../dataset-source.ts';
import type { Dataset, DatasetImage } from '../dataset-types.ts';
import { listFolder } from '../folders.ts';
import { sizeOrReport } from '../image-size.ts';
import { toNumber } from '../parse-number.ts';
import { readTextOrReport } from '../read-text.ts';
import { csvFields } from './csv.ts';
import { type ImageRecord, recordsDataset } from './records.ts';

/** What to look for, in words. */
export const OPEN_IMAGES_LAYOUT = '*.csv with ImageID, LabelName and XMin (Open Images)';

const COLUMNS = ['ImageID', 'LabelName', 'XMin', 'XMax', 'YMin', 'YMax'];
const START_BYTES = 1024;
/** What fits into one text; validation and test have 20 and 60 MB, train more than 2 GB. */
const MAX_BYTES = 2 ** 28;

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
  const bySplit = new Map(tables.map((file) => [splitName(file), file]));
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
      const records = await readTable(bySplit.get(split)!, labels, report);
      const source = { format: 'openimages' as const, root, split, near: root, given };
      const shares = await recordsDataset(source, records, [], report);
      return toPixels(shares, report);
    },
  };
}

async function boxTables(root: string): Promise<string[]> {
  const csv = (await listFolder(root)).filter((name) => /\.csv$/i.test(name));
  const files = csv.map((name) => path.join(root, name));
  const flags = await mapConcurrently(files, async (file) => {
    const [header] = splitLines((await readStart(file, START_BYTES)).toString('latin1'));
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

/** Boxes are shares of the image until its size is known. */
async function readTable(
  file: string,
  names: ReadonlyMap<string, string>,
  report: Report,
): Promise<ImageRecord[]> {
  const records = new Map<string, ImageRecord>();
  const text = (await readTextOrReport(file, report, { limit: MAX_BYTES })) ?? '';
  const [header = '', ...rows] = splitLines(text);
  const columns = csvFields(header);
  const at = new Map(columns.map((name, i) => [name, i]));
  const missing = COLUMNS.find((name) => !at.has(name));
  if (missing) report('malformed-file', `the column ${missing} is missing`, { file, line: 1 });
  for (const [i, row] of missing ? [] : rows.entries()) {
    if (row.trim() === '') continue;
    const fields = csvFields(row);
    const field = (name: string) => fields[at.get(name) ?? -1] ?? '';
    const [left, right, top, bottom] = ['XMin', 'XMax', 'YMin', 'YMax'].map((n) =>
      toNumber(field(n)),
    );
    const [id, label] = [field('ImageID'), field('LabelName')];
    const line = i + 2;
    if (id === '' || label === '') {
      report('malformed-file', 'the row has no ImageID or no LabelName', { file, line });
      continue;
    }
    let record = records.get(id);
    if (!record) {
      record = {
        names: [`${id}.jpg`, id],
        id,
        annotationPath: file,
        boxes: [],
        place: { file, line },
      };
      records.set(id, record);
    }
    const box = { x: left, y: top, width: right - left, height: bottom - top };
    record.boxes.push({
      label: names.get(label) ?? label,
      box,
      crowd: field('IsGroupOf') === '1',
      line,
    });
  }
  return [...records.values()];
}

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
