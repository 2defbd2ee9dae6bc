/** Reads one COCO JSON file; the layout is described in coco.ts. */
import path from 'node:path';
import type { Place, Report } from '../check/findings.ts';
import { confinedPath, readBytes } from '../dataset-files.ts';
import type { Dataset, DatasetImage, GroundTruth } from '../dataset-types.ts';
import { isCoordinate } from '../parse-number.ts';
import { JsonError, lineFinder, listElements, objectMembers } from './json-records.ts';

export interface CocoFile {
  file: string;
  root: string;
  split: string;
  /** The folder of the images, given the name of one of them. */
  findImages: (fileName: string) => string | Promise<string>;
  report: Report;
}

/** What Node reads in one piece; COCO train2017 has 448 MB. */
const MAX_BYTES = 2 ** 31 - 1;

type Fields = Readonly<Record<string, unknown>>;
interface Element {
  fields: Fields;
  /** Reports about this element. */
  place(field?: string): Place;
}

/** Annotation and category ids by which results files refer to a dataset survive. */
export async function readCoco(source: CocoFile): Promise<Dataset> {
  const { file, root, split, report } = source;
  const bytes = await readBytes(file, MAX_BYTES);
  const lineAt = lineFinder(bytes);
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
  try {
    const members = objectMembers(bytes);
    const missing = ['images', 'annotations', 'categories'].find((key) => !members.has(key));
    if (missing) throw new JsonError(0, `the key "${missing}" is missing`);
    const list = (key: string) =>
      elements(listElements(bytes, members.get(key)!), key, lineAt, source);
    Object.assign(dataset, readCategories(list('categories'), report));
    dataset.images = await readImages(list('images'), source);
    addAnnotations(list('annotations'), dataset, report);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    report('malformed-file', error.message, { file, line: lineAt(error.offset) });
  }
  return dataset;
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

function readCategories(
  categories: Iterable<Element>,
  report: Report,
): Pick<Dataset, 'classes' | 'categoryIds'> {
  const names = new Map<number, string>();
  const used = new Set<string>();
  for (const { fields, place } of categories) {
    const { id, name } = fields;
    if (!Number.isSafeInteger(id)) report('malformed-file', 'the id is no integer', place('id'));
    else if (typeof name !== 'string') report('malformed-file', 'a name is needed', place('name'));
    else if (names.has(Number(id))) {
      report('duplicate-id', `category id ${id} occurs twice`, place('id'));
    } else if (used.has(name)) {
      report('duplicate-id', `two categories are called "${name}"`, place('name'));
    } else {
      names.set(Number(id), name);
      used.add(name);
    }
  }
  const categoryIds = [...names.keys()].sort((a, b) => a - b);
  return { categoryIds, classes: categoryIds.map((id) => names.get(id)!) };
}

async function readImages(images: Iterable<Element>, source: CocoFile): Promise<DatasetImage[]> {
  const byId = new Map<string | number, DatasetImage>();
  let folder: string | undefined;
  for (const { fields, place } of images) {
    const { id, file_name: name } = fields;
    if (!isId(id)) source.report('malformed-file', 'an id is needed', place('id'));
    else if (byId.has(id)) {
      source.report('duplicate-id', `image id ${id} occurs twice`, place('id'));
    } else if (typeof name !== 'string') {
      source.report('malformed-file', 'a file name is needed', place('file_name'));
    } else {
      folder ??= await source.findImages(name);
      const imageFile = confinedPath(folder, name);
      if (!imageFile) {
        const message = `file name "${name}" leaves the image folder`;
        source.report('unsafe-path', message, place('file_name'));
      } else {
        byId.set(id, {
          id,
          fileName: path.relative(folder, imageFile).replaceAll(path.sep, '/'),
          path: imageFile,
          annotationPath: source.file,
          ...sizeOf(fields),
          boxes: [],
        });
      }
    }
  }
  return [...byId.values()];
}

const isId = (value: unknown): value is string | number =>
  typeof value === 'string' || Number.isSafeInteger(value);

function sizeOf({ width, height }: Fields): { width?: number; height?: number } {
  if (!isNumber(width) || !isNumber(height) || !(width > 0 && height > 0)) return {};
  return { width, height };
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);

function addAnnotations(annotations: Iterable<Element>, dataset: Dataset, report: Report): void {
  const images = new Map(dataset.images.map((image) => [image.id, image]));
  const classIds = new Map(dataset.categoryIds!.map((id, classId) => [id, classId]));
  for (const { fields, place } of annotations) {
    const { id, image_id: imageId, category_id: categoryId, bbox } = fields;
    const image = isId(imageId) ? images.get(imageId) : undefined;
    const classId = isNumber(categoryId) ? classIds.get(categoryId) : undefined;
    if (!image) {
      report('unknown-image', `no image has the id ${show(imageId)}`, place('image_id'));
    } else if (classId === undefined) {
      report('unknown-class', `no category has the id ${show(categoryId)}`, place('category_id'));
    } else if (!Array.isArray(bbox) || bbox.length !== 4 || !bbox.every(isCoordinate)) {
      report('malformed-file', 'bbox is not a list of 4 coordinates', place('bbox'));
    } else if (!(bbox[2] > 0 && bbox[3] > 0)) {
      report('zero-area-box', `box ${bbox.join(', ')} has no area`, {
        ...place(),
        key: isNumber(id) ? `annotations[id=${id}].bbox` : place('bbox').key,
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
    difficult: fields['difficult'] === 1,
    crowd: fields['iscrowd'] === 1 || fields['iscrowd'] === true,
    ...(isNumber(area) && { area }),
    ...(isNumber(id) && { id }),
  };
}

/** A foreign value for a message, kept short. */
const show = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 60);
