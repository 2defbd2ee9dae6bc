/** Opening a dataset of any format and reading splits of it. */
import path from 'node:path';
import { RefineDetError } from '../errors.ts';
import { checkFrames } from './check/check-frames.ts';
import { sortFindings, stopAtErrors } from './check/findings.ts';
import { COCO_LAYOUT, openCoco } from './coco/coco-dataset.ts';
import {
  alignClasses,
  type ClassMap,
  joinDatasets,
  mapClasses,
  selectClasses,
} from './dataset-classes.ts';
import { entryKind } from './dataset-files.ts';
import { chosenSplits, type DatasetSource, readSplit, resolveSplits } from './dataset-source.ts';
import {
  DATASET_FORMATS,
  type Dataset,
  type DatasetFormat,
  type Finding,
} from './dataset-types.ts';
import { CVAT_LAYOUT, openCvat } from './tools/cvat.ts';
import {
  LABEL_STUDIO_LAYOUT,
  looksLikeLabelStudio,
  openLabelStudio,
} from './tools/label-studio.ts';
import { LABELME_LAYOUT, looksLikeLabelme, openLabelme } from './tools/labelme.ts';
import { OPEN_IMAGES_LAYOUT, openOpenImages } from './tools/open-images.ts';
import { openVoc, VOC_LAYOUT } from './voc/voc-dataset.ts';
import { openYolo, YOLO_LAYOUT } from './yolo/yolo-dataset.ts';

/** How a dataset is recognized. */
export interface OpenOptions {
  /** Default: found from the path. */
  format?: DatasetFormat;
  /**
   * COCO and the formats of labeling tools: the folders of the images. Default: found by trying the
   * usual places.
   */
  imageFolder?: string | readonly string[];
}

/** Choosing and renaming classes. */
export interface ClassOptions {
  /** Classes to keep, in this order; names after renaming. Default all. */
  classes?: readonly string[];
  /** New class names by old name. */
  map?: ClassMap;
}

/** Which part of a dataset is loaded. */
export interface LoadDatasetOptions extends OpenOptions, ClassOptions {
  /**
   * A split such as `train` or `val`, or several joined by `+`. May be left out where there is only
   * one. `val` also finds `valid` and `val2017`; `trainval` also finds `train+val`.
   */
  split?: string;
}

/**
 * Reads a dataset. Images are not decoded; of YOLO's the start is read, as boxes are relative to
 * their size.
 * @param location a folder, a COCO JSON or a YOLO YAML file; several are joined by class name
 * @throws FILE_NOT_FOUND, DATASET_FORMAT (naming file and line or key), DATASET_EMPTY,
 *   INVALID_OPTION for a split, UNKNOWN_CLASS for a name in `classes` or `map`
 */
export async function loadDataset(
  location: string | readonly string[],
  options: LoadDatasetOptions = {},
): Promise<Dataset> {
  const locations = typeof location === 'string' ? [location] : location;
  const parts: Dataset[] = [];
  for (const part of locations) {
    const source = await openDataset(part, options);
    parts.push(...(await readSplits(source, resolveSplits(source, options.split))));
  }
  return chooseClasses(joinDatasets(parts), options);
}

/**
 * Reads splits apart from each other, with one class list.
 * @param options.split default all, but a `trainval` that only repeats `train` and `val`
 * @throws as {@link loadDataset}
 */
export async function loadSplits(
  location: string,
  options: LoadDatasetOptions = {},
): Promise<Dataset[]> {
  const source = await openDataset(location, options);
  const splits = await readSplits(
    source,
    chosenSplits(source, options.split),
    options.split === undefined,
  );
  return alignClasses(splits).map((split) => chooseClasses(split, options));
}

/** @param mayLack whether a split that is not there is left out with a warning */
async function readSplits(
  source: DatasetSource,
  splits: readonly string[],
  mayLack = false,
): Promise<Dataset[]> {
  const parts: Dataset[] = [];
  let missing: RefineDetError | undefined;
  const warnings: Finding[] = [];
  for (const split of splits) {
    const report = stopAtErrors(warnings);
    try {
      const dataset = await readSplit(source, split, report);
      if (dataset.images.length === 0) {
        const message = `split "${split}" of ${source.root} has no images`;
        throw new RefineDetError('DATASET_EMPTY', message);
      }
      await checkFrames(dataset, report);
      parts.push({ ...dataset, warnings: sortFindings(warnings.splice(0)) });
    } catch (error) {
      const isMissing = error instanceof RefineDetError && error.code === 'FILE_NOT_FOUND';
      if (!mayLack || !isMissing) throw error;
      missing = error;
      report('missing-split', error.message, { file: source.root, key: split });
    }
  }
  if (parts.length === 0 && missing) throw missing;
  parts[0]?.warnings.unshift(...warnings);
  return parts;
}

/** Renames and selects classes as the options say. */
export function chooseClasses(dataset: Dataset, { classes, map }: ClassOptions): Dataset {
  const renamed = map ? mapClasses(dataset, map) : dataset;
  return classes ? selectClasses(renamed, classes) : renamed;
}

/**
 * Finds out the format of a dataset and its splits.
 * @throws FILE_NOT_FOUND, DATASET_FORMAT when no layout fits, INVALID_OPTION when several do
 */
export async function openDataset(
  location: string,
  { format, imageFolder }: OpenOptions = {},
): Promise<DatasetSource> {
  const absolute = path.resolve(location);
  const kind = await entryKind(absolute);
  if (kind === 'missing') {
    throw new RefineDetError('FILE_NOT_FOUND', `no dataset at ${absolute}`);
  }
  const folders = imageFolder === undefined ? [] : [imageFolder].flat();
  const imageFolders = folders.map((folder) => path.resolve(folder));
  const tried = format
    ? [format]
    : kind === 'file'
      ? await formatsOfFile(absolute)
      : DATASET_FORMATS;
  const found: DatasetSource[] = [];
  let failure: RefineDetError | undefined;
  for (const candidate of tried) {
    try {
      const source = await FORMATS[candidate].open(absolute, imageFolders);
      if (source) found.push(source);
    } catch (error) {
      if (!(error instanceof RefineDetError)) throw error;
      failure ??= error;
    }
  }
  // What is malformed in one format does not matter to a folder of another.
  if (failure && found.length === 0) throw failure;
  if (found.length === 1) return { ...found[0], isFile: kind === 'file' };
  if (found.length > 1) {
    const formats = found.map((source) => source.format).join(' or ');
    throw new RefineDetError(
      'INVALID_OPTION',
      `${absolute} can be read as ${formats}: say which with --data-format (the option format)`,
    );
  }
  const layouts = tried.map((candidate) => FORMATS[candidate].layout);
  throw new RefineDetError(
    'DATASET_FORMAT',
    `not a dataset: ${absolute} (looked for ${layouts.join('; ')})`,
  );
}

interface Format {
  /** What is looked for, in words. */
  layout: string;
  /** @returns undefined when the location has no such layout */
  open(location: string, imageFolders: readonly string[]): Promise<DatasetSource | undefined>;
}

const FORMATS: Record<DatasetFormat, Format> = {
  voc: { layout: VOC_LAYOUT, open: openVoc },
  coco: { layout: COCO_LAYOUT, open: openCoco },
  yolo: { layout: YOLO_LAYOUT, open: openYolo },
  labelme: { layout: LABELME_LAYOUT, open: openLabelme },
  cvat: { layout: CVAT_LAYOUT, open: openCvat },
  labelstudio: { layout: LABEL_STUDIO_LAYOUT, open: openLabelStudio },
  openimages: { layout: OPEN_IMAGES_LAYOUT, open: openOpenImages },
};

async function formatsOfFile(file: string): Promise<DatasetFormat[]> {
  const extension = path.extname(file).toLowerCase();
  if (extension === '.json') {
    if (await looksLikeLabelme(file)) return ['labelme'];
    return [(await looksLikeLabelStudio(file)) ? 'labelstudio' : 'coco'];
  }
  if (extension === '.yaml' || extension === '.yml') return ['yolo'];
  if (extension === '.xml') return ['cvat'];
  if (extension === '.csv') return ['openimages'];
  throw new RefineDetError(
    'DATASET_FORMAT',
    `not a dataset: ${file} (a folder, a COCO .json or a YOLO .yaml file is expected, or a file of a labeling tool)`,
  );
}
