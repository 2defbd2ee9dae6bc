/** Opening a dataset of any format and reading splits of it. */
import path from 'node:path';
import { RefineDetError } from '../errors.ts';
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
import { chosenSplits, type DatasetSource, resolveSplits } from './dataset-source.ts';
import {
  DATASET_FORMATS,
  type Dataset,
  type DatasetFormat,
  type Finding,
} from './dataset-types.ts';
import { openVoc, VOC_LAYOUT } from './voc/voc-dataset.ts';
import { openYolo, YOLO_LAYOUT } from './yolo/yolo-dataset.ts';

/** How a dataset is recognized. */
export interface OpenOptions {
  /** Default: found from the path. */
  format?: DatasetFormat;
  /** COCO: the folder of the images. Default: found by trying the usual places. */
  imageFolder?: string;
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
   * one. `val` also finds `valid` and `val2017`; `trainval` also stands for `train+val`.
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
  const splits = await readSplits(source, chosenSplits(source, options.split));
  return alignClasses(splits).map((split) => chooseClasses(split, options));
}

async function readSplits(source: DatasetSource, splits: readonly string[]): Promise<Dataset[]> {
  const parts: Dataset[] = [];
  for (const split of splits) {
    const warnings: Finding[] = [];
    const dataset = await source.read(split, stopAtErrors(warnings));
    if (dataset.images.length === 0) {
      throw new RefineDetError('DATASET_EMPTY', `split "${split}" of ${source.root} has no images`);
    }
    parts.push({ ...dataset, warnings: sortFindings(warnings) });
  }
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
    throw new RefineDetError('FILE_NOT_FOUND', `there is no dataset at ${absolute}`);
  }
  const openers = {
    voc: () => openVoc(absolute),
    coco: () => openCoco(absolute, imageFolder && path.resolve(imageFolder)),
    yolo: () => openYolo(absolute),
  };
  const tried = format ? [format] : kind === 'file' ? formatsOfFile(absolute) : DATASET_FORMATS;
  const found: DatasetSource[] = [];
  for (const candidate of tried) {
    const source = await openers[candidate]();
    if (source) found.push(source);
  }
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    const formats = found.map((source) => source.format).join(' or ');
    throw new RefineDetError('INVALID_OPTION', `${absolute} can be read as ${formats}: say which`);
  }
  const layouts = tried.map((candidate) => LAYOUTS[candidate]);
  throw new RefineDetError(
    'DATASET_FORMAT',
    `${absolute} is no dataset: looked for ${layouts.join('; ')}`,
  );
}

const LAYOUTS: Record<DatasetFormat, string> = {
  voc: VOC_LAYOUT,
  coco: COCO_LAYOUT,
  yolo: YOLO_LAYOUT,
};

function formatsOfFile(file: string): DatasetFormat[] {
  const extension = path.extname(file).toLowerCase();
  if (extension === '.json') return ['coco'];
  if (extension === '.yaml' || extension === '.yml') return ['yolo'];
  throw new RefineDetError(
    'DATASET_FORMAT',
    `${file} is no dataset: a folder, a COCO .json or a YOLO .yaml file is expected`,
  );
}
