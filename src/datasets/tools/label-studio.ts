/** Label Studio: one JSON list of tasks; annotations count, or else predictions. */
import path from 'node:path';
import type { Box } from '../../boxes.ts';
import { isRecord } from '../../json.ts';
import type { Place, Report } from '../check/findings.ts';
import { isFolder, readStart } from '../dataset-files.ts';
import type { DatasetSource } from '../dataset-source.ts';
import { listFolder } from '../folders.ts';
import { readJsonOrReport } from './json-file.ts';
import { taskImageNames } from './label-studio-names.ts';
import {
  boxAround,
  boxAroundTurned,
  type ImageRecord,
  type Point,
  type RecordBox,
  recordsDataset,
  ShapeCount,
} from './records.ts';

/** What to look for, in words. */
export const LABEL_STUDIO_LAYOUT = 'a single JSON list of tasks (Label Studio)';

const START_BYTES = 2 ** 16;
const MAX_BYTES = 2 ** 28;

/** Whether a JSON file begins as an export of Label Studio does. */
export async function looksLikeLabelStudio(file: string): Promise<boolean> {
  const start = (await readStart(file, START_BYTES)).toString('latin1');
  const isList = /^\s*\[/.test(start.replace(/^ï»¿/, ''));
  return isList && /"(data|annotations|completions|predictions)"\s*:/.test(start);
}

/**
 * @param location a folder with one JSON file, or the file
 * @returns undefined when there is none
 */
export async function openLabelStudio(
  location: string,
  given: readonly string[],
): Promise<DatasetSource | undefined> {
  const inFolder = await isFolder(location);
  const file = inFolder ? await onlyExport(location) : location;
  if (file === undefined) return undefined;
  const root = path.dirname(file);
  return {
    format: 'labelstudio',
    root,
    splits: ['train'],
    files: [file],
    folders: inFolder ? [root, ...given] : given,
    async read(split, report) {
      const records = await readTasks(file, report);
      const source = { format: 'labelstudio' as const, root, split, near: root, given };
      return recordsDataset(source, records, [], report);
    },
  };
}

async function onlyExport(folder: string): Promise<string | undefined> {
  const names = (await listFolder(folder)).filter((name) => /\.json$/i.test(name));
  const file = path.join(folder, names[0] ?? '');
  return names.length === 1 && (await looksLikeLabelStudio(file)) ? file : undefined;
}

async function readTasks(file: string, report: Report): Promise<ImageRecord[]> {
  const tasks = await readJsonOrReport(file, report, MAX_BYTES);
  if (tasks === undefined) return [];
  if (!Array.isArray(tasks)) {
    report('malformed-file', 'the file is not a list of tasks', { file });
    return [];
  }
  const count = new ShapeCount();
  const records = tasks.flatMap((task: unknown, i): ImageRecord[] => {
    const place = { file, key: `[${i}]` };
    const names = isRecord(task) ? taskImageNames(task['data']) : [];
    if (!isRecord(task) || names.length === 0) {
      report('malformed-file', 'the task has no image', place);
      return [];
    }
    const { id } = task;
    const record: ImageRecord = { names, annotationPath: file, boxes: [], place };
    if (typeof id === 'number' || typeof id === 'string') record.id = id;
    addResults(record, chosenResults(task, place, report), count, report);
    return [record];
  });
  count.report(report, { file });
  return records;
}

/** Results of the first annotation that was not skipped; of a prediction where there is none. */
function chosenResults(task: Record<string, unknown>, place: Place, report: Report): unknown[] {
  const lists = [task['annotations'], task['completions'], task['predictions']];
  for (const list of lists) {
    if (!Array.isArray(list)) continue;
    const done = list.filter((entry) => isRecord(entry) && entry['was_cancelled'] !== true);
    if (done.length > 1) {
      report(
        'repeated-image',
        `the task is annotated ${done.length} times: the first counts`,
        place,
      );
    }
    const results = (done[0] as Record<string, unknown> | undefined)?.['result'];
    if (Array.isArray(results)) return results;
  }
  return [];
}

function addResults(
  record: ImageRecord,
  results: readonly unknown[],
  count: ShapeCount,
  report: Report,
): void {
  const regions = results.filter(isRecord);
  const labeled = regions.filter((region) => regionLabels(region).length > 0);
  const labelsById = new Map(labeled.map((region) => [region['id'], regionLabels(region)]));
  for (const region of regions) {
    const { type, value, id } = region;
    const own = regionLabels(region);
    const [width, height] = [region['original_width'], region['original_height']];
    if (!isRecord(value) || typeof width !== 'number' || typeof height !== 'number') {
      if (isRecord(value) && ('x' in value || 'points' in value)) {
        const message = 'a region has no original_width and original_height';
        report('malformed-file', message, record.place);
      } else count.leftOut++;
      continue;
    }
    if (Number(region['image_rotation'] ?? 0) % 360 !== 0) {
      report('unknown-frame', 'the image was turned while it was labeled', record.place);
    }
    Object.assign(record, { width, height });
    const shape = regionBox(String(type), value, width, height);
    // A region without a label of its own shares its id with one that has it.
    const labels = own.length > 0 ? own : (labelsById.get(id) ?? []);
    if (!shape) {
      if (!/^labels$/.test(String(type))) count.leftOut++;
      continue;
    }
    if (shape.isShape) count.boxes++;
    if (labels.length === 0) report('malformed-file', 'a region has no label', record.place);
    for (const label of labels) record.boxes.push({ label, box: shape.box } satisfies RecordBox);
  }
}

/** `rectanglelabels`, `polygonlabels`, `labels` … hold the names. */
function regionLabels({ type, value }: Record<string, unknown>): string[] {
  if (!isRecord(value) || typeof type !== 'string' || !type.endsWith('labels')) return [];
  const labels = value[type] ?? value['labels'];
  return Array.isArray(labels) ? labels.filter((label) => typeof label === 'string') : [];
}

/** Values are percentages of the image; a rectangle turns about its upper left corner. */
function regionBox(
  type: string,
  value: Record<string, unknown>,
  width: number,
  height: number,
): { box: Box; isShape: boolean } | undefined {
  const number = (key: string) => Number(value[key] ?? Number.NaN);
  const across = (key: string) => (number(key) * width) / 100;
  const down = (key: string) => (number(key) * height) / 100;
  const rotation = Number(value['rotation'] ?? 0);
  if (type.startsWith('rectangle')) {
    const box = { x: across('x'), y: down('y'), width: across('width'), height: down('height') };
    if (!rotation) return { box, isShape: false };
    return { box: boxAroundTurned(box, rotation, [box.x, box.y]), isShape: true };
  }
  if (type.startsWith('polygon') && Array.isArray(value['points'])) {
    const points = value['points'].map((point): Point => {
      const [x, y] = Array.isArray(point) ? point : [];
      return [(Number(x) * width) / 100, (Number(y) * height) / 100];
    });
    return { box: boxAround(points), isShape: true };
  }
  if (type.startsWith('ellipse')) {
    const [rx, ry] = [across('radiusX'), down('radiusY')];
    const box = { x: across('x') - rx, y: down('y') - ry, width: 2 * rx, height: 2 * ry };
    return { box, isShape: true };
  }
  return undefined;
}
