/** Reads one COCO JSON file; the layout is described in coco-dataset.ts. */
import path from 'node:path';
import type { Place, Report } from '../check/findings.ts';
import { readBytes, relativeName } from '../dataset-files.ts';
import {
  type Dataset,
  type DatasetImage,
  type GroundTruth,
  type Id,
  idKey,
} from '../dataset-types.ts';
import { EncodingError } from '../decode-text.ts';
import { isCoordinate, isYes } from '../parse-number.ts';
import { idProblem, isId, readCategories } from './coco-categories.ts';
import type { CocoFile, Element, Fields } from './coco-file.ts';
import { JsonError, jsonBytes, lineFinder, listElements, objectMembers } from './json-records.ts';

/** What Node reads in one piece; COCO train2017 has 448 MB. */
const MAX_BYTES = 2 ** 31 - 1;

/** Keeps annotation and category ids, by which results files refer to a dataset. */
export async function readCoco(source: CocoFile): Promise<Dataset> {
  const { file, root, split, report } = source;
  const dataset: Dataset = {
    name: path.basename(root),
    root,
    format: 'coco',
    split,
    classes: [],
    categoryIds: [],
    images: [],
    warnings: [],
  };
  let bytes: Buffer = Buffer.alloc(0);
  const lineAt = (offset: number) => lineFinder(bytes)(offset);
  try {
    bytes = jsonBytes(await readBytes(file, MAX_BYTES));
    const members = objectMembers(bytes);
    const missing = ['images', 'annotations', 'categories'].find((key) => !members.has(key));
    if (missing) throw new JsonError(0, `the key "${missing}" is missing`);
    const findLine = lineFinder(bytes);
    const list = (key: string) =>
      elements(listElements(bytes, members.get(key)!), key, findLine, source);
    const used = () => usedCategories(bytes, members.get('annotations')!);
    const { classIds, ...categories } = readCategories(list('categories'), used, source);
    Object.assign(dataset, categories);
    dataset.images = await readImages(list('images'), source);
    addAnnotations(list('annotations'), dataset, classIds, report);
  } catch (error) {
    if (error instanceof EncodingError) report('text-encoding', error.message, { file });
    else if (error instanceof JsonError) {
      report('malformed-file', error.message, { file, line: lineAt(error.offset) });
    } else throw error;
  }
  return dataset;
}

/** Ids of the categories that have annotations, found before these are read. */
function usedCategories(bytes: Buffer, annotations: number): Set<string> {
  const used = new Set<string>();
  for (const { value } of listElements(bytes, annotations)) {
    const id = isFields(value) ? value['category_id'] : undefined;
    if (isId(id)) used.add(idKey(id));
  }
  return used;
}

function* elements(
  values: ReturnType<typeof listElements>,
  list: string,
  lineAt: (offset: number) => number,
  { file, report }: CocoFile,
): Generator<Element> {
  let index = 0;
  for (const element of values) {
    const key = `${list}[${index++}]`;
    const place = (field?: string): Place => ({
      file,
      line: lineAt(element.offset),
      key: field ? `${key}.${field}` : key,
    });
    if (isFields(element.value)) yield { fields: element.value, place };
    else report('malformed-file', 'an object is expected', place());
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readImages(images: Iterable<Element>, source: CocoFile): Promise<DatasetImage[]> {
  const entries = new Map<string, { id: Id; name: string; element: Element }>();
  for (const element of images) {
    const { fields, place } = element;
    const { id, file_name: name } = fields;
    if (!isId(id)) source.report('malformed-file', idProblem(id), place('id'));
    else if (entries.has(idKey(id))) {
      source.report('duplicate-id', `image id ${id} occurs twice`, place('id'));
    } else if (typeof name !== 'string') {
      source.report('malformed-file', 'a file name is needed', place('file_name'));
    } else {
      entries.set(idKey(id), { id, name, element });
    }
  }
  const all = [...entries.values()];
  const places = await source.places.find(all.map(({ name }) => name));
  return all.flatMap(({ id, name, element: { fields, place } }, i): DatasetImage[] => {
    const found = places[i];
    if (!found) {
      const message = `file name "${name}" leaves the image folder`;
      source.report('unsafe-path', message, place('file_name'));
      return [];
    }
    if (found.rival) {
      const message = `"${name}" may be ${found.file} or ${found.rival}`;
      source.report('ambiguous-name', message, place('file_name'));
    }
    const image = {
      id,
      fileName: relativeName(found.folder, found.file),
      path: found.file,
      annotationPath: source.file,
      ...sizeOf(fields),
      boxes: [],
    };
    return [image];
  });
}

function sizeOf({ width, height }: Fields): { width?: number; height?: number } {
  if (!isNumber(width) || !isNumber(height) || !(width > 0 && height > 0)) return {};
  return { width, height };
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);

function addAnnotations(
  annotations: Iterable<Element>,
  dataset: Dataset,
  classIds: ReadonlyMap<string, number>,
  report: Report,
): void {
  const images = new Map(dataset.images.map((image) => [idKey(image.id), image]));
  for (const { fields, place } of annotations) {
    const { id, image_id: imageId, category_id: categoryId, bbox } = fields;
    const image = isId(imageId) ? images.get(idKey(imageId)) : undefined;
    const classId = isId(categoryId) ? classIds.get(idKey(categoryId)) : undefined;
    if (!image) {
      report('unknown-image', `no image has the id ${show(imageId)}`, place('image_id'));
    } else if (classId === undefined) {
      report('unknown-class', `no category has the id ${show(categoryId)}`, place('category_id'));
    } else if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(isCoordinate)) {
      report('malformed-file', 'bbox is not a list of 4 coordinates', place('bbox'));
    } else if (!(bbox[2] > 0 && bbox[3] > 0)) {
      report('zero-area-box', `box ${bbox.join(', ')} has no area`, {
        ...place(),
        key: isId(id) ? `annotations[id=${id}].bbox` : place('bbox').key,
      });
    } else {
      image.boxes.push(groundTruth(fields, classId, bbox));
    }
  }
}

function groundTruth(fields: Fields, classId: number, bbox: readonly number[]): GroundTruth {
  const [x, y, width, height] = bbox;
  const { id, area } = fields;
  return {
    classId,
    box: { x, y, width, height },
    difficult: isYes(fields['difficult']),
    crowd: isYes(fields['iscrowd']),
    ...(isNumber(area) && { area }),
    ...(isId(id) && { id }),
  };
}

/** A foreign value for a message, kept short. */
const show = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 60);
