/** Reads one split of a PASCAL VOC dataset; the layouts are described in voc.ts. */
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import { VOC_CLASSES } from '../../labels.ts';
import type { Report } from '../check/findings.ts';
import {
  confinedPath,
  isFile,
  isImageName,
  listFolder,
  MAX_ANNOTATION_BYTES,
  mapConcurrently,
  readText,
  withoutExtension,
} from '../dataset-files.ts';
import type { Dataset, DatasetImage, GroundTruth } from '../dataset-types.ts';
import { isCoordinate } from '../parse-number.ts';
import { boxFromVocCorners } from './voc-box.ts';
import { parseVocXml, type VocAnnotation, XmlError } from './voc-xml.ts';

/** Where one split lies; all paths are absolute. */
export interface VocSplit {
  root: string;
  split: string;
  /** File of image names; without one every annotation is read. */
  list?: string;
  /** Folder of the XML files. */
  annotations: string;
  /** Folder. */
  images: string;
}

interface Parsed {
  image: DatasetImage;
  annotation: VocAnnotation;
}

/** @param allNames tells the object names of all splits: the classes must not depend on the split */
export async function readVoc(
  source: VocSplit,
  allNames: () => Promise<readonly string[]>,
  report: Report,
): Promise<Dataset> {
  const { root, split, list, annotations } = source;
  const ids = list ? await readIds(list, annotations, report) : await annotationIds(annotations);
  const imageFiles = await imageFileNames(source.images);
  const parsed = (
    await mapConcurrently(ids, (id) => readImage(source, id, imageFiles, report))
  ).filter((item) => item !== undefined);
  const classes = await vocClasses(root, parsed, allNames);
  for (const { image, annotation } of parsed) {
    image.boxes = groundTruths(annotation, classes, image.annotationPath, report);
  }
  return {
    name: path.basename(root),
    root,
    format: 'voc',
    split,
    classes,
    images: parsed.map(({ image }) => image),
    warnings: [],
  };
}

/** Names of the XML files in a folder. */
export async function annotationIds(folder: string): Promise<string[]> {
  const names = (await listFolder(folder)).filter((name) => name.endsWith('.xml'));
  return names.map(withoutExtension);
}

/** Image names of a split; a second column (`1`, `-1`, `0`) is ignored. */
async function readIds(file: string, annotations: string, report: Report): Promise<string[]> {
  const ids = new Set<string>();
  for (const [index, text] of (await readText(file)).split('\n').entries()) {
    const id = text
      .trim()
      .replace(/\s-?[01]$/, '')
      .trimEnd();
    const line = index + 1;
    if (id === '') continue;
    if (!confinedPath(annotations, `${id}.xml`)) {
      report('unsafe-path', `image name "${id}" leaves the dataset`, { file, line });
    } else if (ids.has(id)) {
      report('repeated-image', `image "${id}" is listed twice`, { file, line });
    } else {
      ids.add(id);
    }
  }
  return [...ids];
}

/** File name of each image by its name without extension: not every set is all .jpg. */
async function imageFileNames(folder: string): Promise<Map<string, string>> {
  const names = (await listFolder(folder)).filter(isImageName);
  return new Map(names.map((name) => [withoutExtension(name), name]));
}

async function readImage(
  source: VocSplit,
  id: string,
  imageFiles: ReadonlyMap<string, string>,
  report: Report,
): Promise<Parsed | undefined> {
  const fileName = imageFiles.get(id) ?? `${id}.jpg`;
  const annotationPath = path.join(source.annotations, `${id}.xml`);
  const annotation = await readAnnotation(annotationPath, report);
  if (!annotation) return undefined;
  const [width, height] = [annotation.width, annotation.height];
  const sized = Number(width) > 0 && Number(height) > 0;
  const image: DatasetImage = {
    id,
    fileName,
    path: path.join(source.images, fileName),
    annotationPath,
    ...(sized && { width, height }),
    boxes: [],
  };
  return { image, annotation };
}

async function readAnnotation(file: string, report: Report): Promise<VocAnnotation | undefined> {
  let text: string;
  try {
    text = await readText(file, MAX_ANNOTATION_BYTES);
  } catch (error) {
    if (!(error instanceof RefineDetError)) throw error;
    report('missing-annotation', error.message, { file });
    return undefined;
  }
  try {
    return parseVocXml(text);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    report('malformed-file', error.message, { file, line: error.line });
    return undefined;
  }
}

async function vocClasses(
  root: string,
  parsed: readonly Parsed[],
  allNames: () => Promise<readonly string[]>,
): Promise<string[]> {
  const list = path.join(root, 'classes.txt');
  if (await isFile(list)) {
    const names = (await readText(list)).split('\n').map((name) => name.trim());
    return names.filter((name) => name !== '');
  }
  const own = objectNames(parsed.map(({ annotation }) => annotation));
  const names = [...new Set([...own, ...(await allNames())])];
  return names.every((name) => VOC_CLASSES.includes(name)) ? [...VOC_CLASSES] : names.sort();
}

/** Object names in folders of annotations, as far as they can be read. */
export async function vocNames(folders: readonly string[]): Promise<string[]> {
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await annotationIds(folder)).map((id) => path.join(folder, `${id}.xml`)),
    ),
  );
  const ignore = () => {};
  const all = await mapConcurrently(files.flat(), (file) => readAnnotation(file, ignore));
  return objectNames(all.filter((annotation) => annotation !== undefined));
}

function objectNames(annotations: readonly VocAnnotation[]): string[] {
  const names = annotations.flatMap(({ objects }) => objects.map(({ name }) => name));
  return [...new Set(names.filter((name) => name !== undefined))];
}

function groundTruths(
  annotation: VocAnnotation,
  classes: readonly string[],
  file: string,
  report: Report,
): GroundTruth[] {
  const classIds = new Map(classes.map((name, classId) => [name, classId]));
  const boxes: GroundTruth[] = [];
  for (const { line, name, difficult, corners } of annotation.objects) {
    const [xmin, ymin, xmax, ymax] = corners;
    const classId = name === undefined ? undefined : classIds.get(name);
    if (name === undefined) {
      report('malformed-file', 'an object has no name', { file, line });
    } else if (!corners.every(isCoordinate)) {
      report('malformed-file', `the bndbox of "${name}" is not four coordinates`, { file, line });
    } else if (classId === undefined) {
      report('unknown-class', `"${name}" is not in classes.txt`, { file, line });
    } else if (!(xmax > xmin && ymax > ymin)) {
      const text = `${xmin}, ${ymin}, ${xmax}, ${ymax}`;
      report('zero-area-box', `box ${text} of "${name}" has no area`, { file, line });
    } else {
      boxes.push({ classId, box: boxFromVocCorners(corners), difficult, crowd: false, line });
    }
  }
  return boxes;
}
