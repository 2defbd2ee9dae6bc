/** Label Studio: one list of tasks, as JSON or JSON-MIN; annotations count, or else predictions. */
import path from 'node:path';
import type { Box } from '../../boxes.ts';
import { isRecord } from '../../json.ts';
import type { Place, Report } from '../check/findings.ts';
import { isFolder, onlyFile, readStartText } from '../dataset-files.ts';
import type { DatasetSource } from '../dataset-source.ts';
import { listFolder } from '../folders.ts';
import { boxOfBrush } from './brush-mask.ts';
import { readJsonOrReport } from './json-file.ts';
import { imageKeyOf, taskImages } from './label-studio-names.ts';
import {
  boxAround,
  boxAroundEllipse,
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
  const start = await readStartText(file, START_BYTES);
  // The last two are of JSON-MIN.
  const keys = /"(data|annotations|completions|predictions|annotation_id|original_width)"\s*:/;
  return /^\s*\[/.test(start) && keys.test(start);
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
  return onlyFile(folder, names, looksLikeLabelStudio);
}

async function readTasks(file: string, report: Report): Promise<ImageRecord[]> {
  const tasks = await readJsonOrReport(file, report, MAX_BYTES);
  if (tasks === undefined) return [];
  if (!Array.isArray(tasks)) {
    report('malformed-file', 'the file is not a list of tasks', { file });
    return [];
  }
  const count = new ShapeCount();
  const isLabeled = tasks.some(
    (task: unknown) => isRecord(task) && doneAnnotations(task).length > 0,
  );
  const records = tasks.flatMap((task: unknown, i): ImageRecord[] => {
    const place = { file, key: `[${i}]` };
    // Tasks of JSON-MIN have no data of their own.
    const data = isRecord(task) && isRecord(task['data']) ? task['data'] : task;
    const images = isRecord(data) ? taskImages(data) : undefined;
    if (!isRecord(task) || !images || images.size === 0) {
      report('malformed-file', 'the task has no image', place);
      return [];
    }
    const results = chosenResults(task, isLabeled, place, report);
    return results ? taskRecords(task['id'], images, results, place, count, report) : [];
  });
  count.report(report, { file });
  return records;
}

/** Annotations that nobody skipped; a task of JSON-MIN is one itself. */
function doneAnnotations(task: Record<string, unknown>): unknown[] {
  if (!isRecord(task['data'])) return [{ result: minimalResults(task) }];
  const lists = [task['annotations'], task['completions']].filter(Array.isArray);
  return lists.flat().filter((entry: unknown) => {
    return isRecord(entry) && entry['was_cancelled'] !== true && entry['skipped'] !== true;
  });
}

/** The regions of a task of JSON-MIN: lists of values below the names of their controls. */
function minimalResults(task: Record<string, unknown>): object[] {
  const values = Object.values(task).filter(Array.isArray).flat().filter(isRecord);
  return values.map((value) => {
    const own = Object.keys(value).find((key) => key.endsWith('labels'));
    const shape = 'points' in value ? 'polygon' : 'radiusX' in value ? 'ellipse' : 'rectangle';
    const isNamed = own !== undefined && own !== 'labels';
    const { original_width, original_height } = value;
    return { type: isNamed ? own : `${shape}labels`, value, original_width, original_height };
  });
}

/**
 * Results of the first annotation that was not skipped. Predictions count in a file that nobody has
 * annotated; beside annotated tasks they are suggestions, as for Label Studio's own converter, which
 * leaves skipped tasks out too.
 * @returns undefined for a task to leave out
 */
function chosenResults(
  task: Record<string, unknown>,
  isLabeled: boolean,
  place: Place,
  report: Report,
): unknown[] | undefined {
  const done = doneAnnotations(task);
  if (done.length > 1) {
    const message = `the task is annotated ${done.length} times: the first counts`;
    report('repeated-image', message, place);
  }
  const skipped = [task['annotations'], task['completions']].filter(Array.isArray).flat().length;
  if (done.length === 0 && (isLabeled || skipped > 0)) {
    const why = skipped > 0 ? 'was skipped' : 'has no annotation';
    report('unlabeled-image', `the task ${why}: it is left out`, place);
    return undefined;
  }
  const predictions = Array.isArray(task['predictions']) ? task['predictions'] : [];
  const [chosen] = done.length > 0 ? done : predictions;
  const results = isRecord(chosen) ? chosen['result'] : [];
  return Array.isArray(results) ? results : [];
}

/** A record for each image of a task that has regions; for one image if there are none. */
function taskRecords(
  id: unknown,
  images: ReadonlyMap<string, readonly string[]>,
  results: readonly unknown[],
  place: Place,
  count: ShapeCount,
  report: Report,
): ImageRecord[] {
  const regions = results.filter(isRecord);
  const toNames = new Set(regions.filter(hasPlace).map((region) => region['to_name']));
  if (toNames.size === 0) toNames.add('image');
  const records = [...toNames].flatMap((toName): ImageRecord[] => {
    const key = imageKeyOf(toName, [...images.keys()]);
    if (key === undefined) {
      const message = `the regions of "${toName}" are of none of the images ${[...images.keys()].join(', ')}`;
      report('unknown-image', message, place);
      return [];
    }
    const record: ImageRecord = {
      names: images.get(key)!,
      annotationPath: place.file!,
      boxes: [],
      place,
    };
    const isId = typeof id === 'number' || typeof id === 'string';
    if (isId && toNames.size === 1) record.id = id;
    const own = regions.filter((region) => !hasPlace(region) || region['to_name'] === toName);
    addResults(record, own, count, report);
    return [record];
  });
  return records;
}

const hasPlace = ({ value }: Record<string, unknown>): boolean =>
  isRecord(value) && ('x' in value || 'points' in value);

function addResults(
  record: ImageRecord,
  regions: readonly Record<string, unknown>[],
  count: ShapeCount,
  report: Report,
): void {
  const labeled = regions.filter((region) => regionLabels(region).length > 0);
  const labelsById = new Map(labeled.map((region) => [region['id'], regionLabels(region)]));
  for (const region of regions) {
    const { type, value, id } = region;
    const own = regionLabels(region);
    const [width, height] = [region['original_width'], region['original_height']];
    if (!isRecord(value) || typeof width !== 'number' || typeof height !== 'number') {
      if (hasPlace(region)) {
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
      if ('rle' in value) count.addUnread('masks without pixels, or of another size');
      else if (!/^labels$/.test(String(type))) count.leftOut++;
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
  if (type.startsWith('brush')) {
    const box = boxOfBrush(value['rle'], width, height);
    return box && { box, isShape: true };
  }
  if (type.startsWith('ellipse')) {
    const [center, radii] = [
      [across('x'), down('y')],
      [across('radiusX'), down('radiusY')],
    ] as const;
    return { box: boxAroundEllipse(center, radii, rotation), isShape: true };
  }
  return undefined;
}
