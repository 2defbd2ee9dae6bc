/** Reads one split of a PASCAL VOC dataset; the layouts are described in voc-dataset.ts. */
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import { VOC_CLASSES } from '../../labels.ts';
import type { Report } from '../check/findings.ts';
import { isFile, mapConcurrently, relativeName, withoutExtension } from '../dataset-files.ts';
import type { Dataset, DatasetImage, GroundTruth } from '../dataset-types.ts';
import { type FileFinder, findEntry, walkFiles } from '../folders.ts';
import { isCoordinate } from '../parse-number.ts';
import { readTextOrReport, reportText } from '../read-text.ts';
import { splitLines } from '../split-lines.ts';
import { XmlError } from '../xml.ts';
import type { VocAnnotations } from './voc-annotations.ts';
import { boxFromVocCorners } from './voc-box.ts';
import { findVocImage } from './voc-images.ts';
import { type AnnotationFiles, readIds } from './voc-lists.ts';
import type { VocAnnotation } from './voc-xml.ts';

/** Where images and annotations lie; absolute. */
export interface VocFolders {
  annotations: string;
  images: string;
}

/** Where one split lies. */
export interface VocSplit extends VocFolders {
  root: string;
  split: string;
  /** Files of image names; without any every annotation is read. */
  lists?: readonly string[];
  finder: FileFinder;
  /** Annotations of all splits of the dataset. */
  parsed: VocAnnotations;
}

interface Parsed {
  image: DatasetImage;
  annotation: VocAnnotation;
}

/** @param allNames returns the object names of all splits: the classes must not depend on the split */
export async function readVoc(
  source: VocSplit,
  allNames: () => Promise<readonly string[]>,
  report: Report,
): Promise<Dataset> {
  const { root, split, lists, annotations } = source;
  const files = await annotationFiles(source);
  const ids = lists ? await readIds(lists, annotations, files, report) : [...files.keys()];
  const parsed = (await mapConcurrently(ids, (id) => readImage(source, id, files, report))).filter(
    (item) => item !== undefined,
  );
  const classes = await vocClasses(root, parsed, allNames, report);
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

/** The XML files of a folder, and of the folders in it. */
export async function annotationFiles({ annotations }: VocFolders): Promise<AnnotationFiles> {
  const all = await walkFiles(annotations).catch((): string[] => []);
  const xml = all.filter((file) => /\.xml$/i.test(file));
  return new Map(
    xml.map((file) => [withoutExtension(relativeName(annotations, file)).normalize(), file]),
  );
}

async function readImage(
  source: VocSplit,
  id: string,
  files: AnnotationFiles,
  report: Report,
): Promise<Parsed | undefined> {
  const annotationPath = files.get(id.normalize()) ?? path.join(source.annotations, `${id}.xml`);
  const annotation = await readAnnotation(annotationPath, source.parsed, report);
  if (!annotation) return undefined;
  const { width, height, filename } = annotation;
  const folder = source.images;
  const file = await findVocImage(
    { folder, finder: source.finder },
    id,
    filename,
    (stem) => files.has(stem.normalize()),
    { report, place: { file: annotationPath } },
  );
  const sized = Number(width) > 0 && Number(height) > 0;
  const image: DatasetImage = {
    id,
    fileName: relativeName(folder, file),
    path: file,
    annotationPath,
    ...(sized && { width, height }),
    boxes: [],
  };
  return { image, annotation };
}

async function readAnnotation(
  file: string,
  parsed: VocAnnotations,
  report: Report,
): Promise<VocAnnotation | undefined> {
  try {
    return await parsed.read(file);
  } catch (error) {
    if (error instanceof XmlError) {
      report('malformed-file', error.message, { file, line: error.line });
    } else if (error instanceof RefineDetError && error.code === 'FILE_NOT_FOUND') {
      report('missing-annotation', error.message, { file });
    } else reportText(error, file, report);
    return undefined;
  }
}

/** The class list of a root, where it has one. */
export const classesFile = async (root: string): Promise<string> =>
  (await findEntry(root, ['classes.txt'])) ?? path.join(root, 'classes.txt');

async function vocClasses(
  root: string,
  parsed: readonly Parsed[],
  allNames: () => Promise<readonly string[]>,
  report: Report,
): Promise<string[]> {
  const list = await classesFile(root);
  const text = (await isFile(list)) ? await readTextOrReport(list, report) : undefined;
  if (text !== undefined) {
    const names = splitLines(text).map((name) => name.trim());
    return [...new Set(names.filter((name) => name !== ''))];
  }
  const own = objectNames(parsed.map(({ annotation }) => annotation));
  const names = [...new Set([...own, ...(await allNames())])];
  return names.every((name) => VOC_CLASSES.includes(name)) ? [...VOC_CLASSES] : names.sort();
}

/** Object names in folders of annotations, as far as they can be read. */
export async function vocNames(
  folders: readonly VocFolders[],
  parsed: VocAnnotations,
): Promise<string[]> {
  const files = await Promise.all(folders.map(annotationFiles));
  const ignore = () => {};
  const all = await mapConcurrently(
    files.flatMap((found) => [...found.values()]),
    (file) => readAnnotation(file, parsed, ignore),
  );
  return objectNames(all.filter((annotation) => annotation !== undefined));
}

/** Whether some annotation of two folders has an image there. */
export async function isVocPair(
  folders: VocFolders,
  finder: FileFinder,
  parsed: VocAnnotations,
): Promise<boolean> {
  const ignore = () => {};
  const files = await annotationFiles(folders);
  for (const id of files.keys()) {
    if ((await finder.findStem(folders.images, id)).length > 0) return true;
  }
  for (const [id, file] of [...files].slice(0, MOST_TRIED)) {
    const filename = (await readAnnotation(file, parsed, ignore))?.filename;
    const source = { folder: folders.images, finder };
    const about = { report: ignore, place: {} };
    if (filename && (await isFile(await findVocImage(source, id, filename, () => false, about)))) {
      return true;
    }
  }
  return false;
}

/** Annotations that are parsed to see whether a folder of XML is a dataset. */
const MOST_TRIED = 20;

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
  for (const { line, name, difficult, corners, repeated } of annotation.objects) {
    const [xmin, ymin, xmax, ymax] = corners;
    const classId = name === undefined ? undefined : classIds.get(name);
    if (name === undefined) {
      report('malformed-file', 'an object has no name', { file, line });
    } else if (repeated) {
      report('malformed-file', `"${name}" has more than one ${repeated}`, { file, line });
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
