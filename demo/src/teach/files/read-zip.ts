/** Finds images and labels in the files of a zip: PASCAL VOC, COCO or YOLO, in any folders. */
import { CocoLabels } from '../../../../src/datasets/labeling/coco-labels.ts';
import { DONE_FILE, parseDone } from '../../../../src/datasets/labeling/done-file.ts';
import type { LabelBox } from '../../../../src/datasets/labeling/label-boxes.ts';
import { readVocLabels } from '../../../../src/datasets/labeling/voc-labels.ts';
import { readYoloLabels } from '../../../../src/datasets/labeling/yolo-label-text.ts';
import { isDecodableName } from '../../../../src/image/image-names.ts';
import type { Size } from '../editor/geometry.ts';

/** Content by path. */
export type ZipFiles = Readonly<Record<string, Uint8Array>>;

export interface ZipLabels {
  /** Paths of the images. */
  images: string[];
  classes: string[];
  /** Boxes of an image, by its name or path; undefined when nothing says what it shows. */
  boxes(image: string, size: Size): LabelBox[] | undefined;
  /** Whether an image is finished: where nothing says so, all with labels are. */
  isDone(image: string): boolean;
}

type LabelsOf = ZipLabels['boxes'];

/** @throws an error for malformed labels */
export async function readZip(files: ZipFiles): Promise<ZipLabels> {
  const paths = Object.keys(files).filter((path) => !/(^|\/)(\.|__MACOSX)/.test(path));
  const text = (path: string) => new TextDecoder().decode(files[path]);
  const images = paths.filter(isDecodableName);
  const ending = (pattern: RegExp) => paths.filter((path) => pattern.test(path));
  const readers: { classes: string[]; boxes: LabelsOf }[] = [];
  for (const path of ending(/\.json$/i)) readers.push(...cocoLabels(text(path)));
  const xml = byStem(ending(/\.xml$/i));
  if (xml.size > 0) readers.push(vocLabels(xml, text));
  const names = await yoloNames(ending(/(data|dataset)\.ya?ml$|(classes\.txt|obj\.names)$/i), text);
  const rows = byStem(ending(/\.txt$/i));
  if (names.length > 0 && xml.size === 0) readers.push(yoloLabels(names, rows, text));
  const doneFile = Object.keys(files).find((path) => path.endsWith(DONE_FILE));
  const done = doneFile === undefined ? undefined : parseDone(text(doneFile));
  const root = doneFile?.slice(0, -DONE_FILE.length) ?? '';
  const listed = xml.size > 0 ? names : [];
  return {
    images,
    classes: [...new Set([...listed, ...readers.flatMap(({ classes }) => classes)])],
    boxes(image, size) {
      for (const reader of readers) {
        const found = reader.boxes(image, size);
        if (found) return found;
      }
      return undefined;
    },
    isDone: (image) => done?.has(image.slice(root.length)) ?? true,
  };
}

/** `a/b.jpg` → `b`: folders of images and labels differ. */
const stemOf = (path: string): string => path.replace(/^.*\//, '').replace(/\.[^.]*$/, '');

function byStem(paths: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of paths) found.set(stemOf(path), [...(found.get(stemOf(path)) ?? []), path]);
  return found;
}

/** The label file of an image: of several, the one in the folder most like that of the image. */
function labelsOf(image: string, files: ReadonlyMap<string, string[]>): string | undefined {
  const folders = new Set(image.split('/').slice(0, -1));
  const likeness = (path: string) => path.split('/').filter((part) => folders.has(part)).length;
  const [first, ...others] = files.get(stemOf(image)) ?? [];
  return others.reduce((best, path) => (likeness(path) > likeness(best) ? path : best), first);
}

function cocoLabels(text: string): { classes: string[]; boxes: LabelsOf }[] {
  const root: unknown = JSON.parse(text);
  const keys = Object.keys(root ?? {});
  if (!['images', 'annotations', 'categories'].every((key) => keys.includes(key))) return [];
  const coco = new CocoLabels(root);
  const boxes: LabelsOf = (image) => {
    const name = coco.nameOf(image);
    return name === undefined ? undefined : coco.boxes(name);
  };
  return [{ classes: coco.classes, boxes }];
}

function vocLabels(xml: ReadonlyMap<string, string[]>, text: (path: string) => string) {
  const all = [...xml.values()].flat().flatMap((path) => readVocLabels(text(path)));
  const boxes: LabelsOf = (image) => {
    const path = labelsOf(image, xml);
    return path === undefined ? undefined : readVocLabels(text(path));
  };
  return { classes: [...new Set(all.map(({ label }) => label))], boxes };
}

function yoloLabels(
  names: string[],
  rows: ReadonlyMap<string, string[]>,
  text: (path: string) => string,
) {
  const boxes: LabelsOf = (image, size) => {
    const path = labelsOf(image, rows);
    return path === undefined ? undefined : readYoloLabels(text(path), names, size);
  };
  return { classes: names, boxes };
}

async function yoloNames(
  lists: readonly string[],
  text: (path: string) => string,
): Promise<string[]> {
  const yaml = lists.find((path) => /\.ya?ml$/i.test(path));
  if (yaml === undefined) {
    const rows = lists.length > 0 ? text(lists[0]).split(/\r\n|\n|\r/) : [];
    return rows.map((row) => row.trim()).filter((row) => row !== '');
  }
  // Large, and seldom needed.
  const { parse } = await import('yaml');
  const { names } = (parse(text(yaml)) ?? {}) as { names?: unknown };
  return Object.values(names ?? []).map(String);
}
