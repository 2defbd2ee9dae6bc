/** What to know about a dataset before training on it. */
import { RefineDetError } from '../../errors.ts';
import { type PresetName, presetByName } from '../../model/presets.ts';
import { alignClasses } from '../dataset-classes.ts';
import { chosenSplits, type DatasetSource } from '../dataset-source.ts';
import type { Dataset, DatasetFormat, Finding } from '../dataset-types.ts';
import {
  type ClassOptions,
  chooseClasses,
  type OpenOptions,
  openDataset,
} from '../load-dataset.ts';
import { checkBoxes } from './check-boxes.ts';
import { checkSize, type ImageFiles, inspectImageFiles } from './check-images.ts';
import { checkSplits } from './check-splits.ts';
import { type DatasetStats, datasetStats, knownSize } from './dataset-stats.ts';
import { collect, type Report, sortFindings } from './findings.ts';

export interface CheckOptions extends OpenOptions, ClassOptions {
  /** Splits to read, joined by `+`. Default all. */
  split?: string;
  /** Whose anchors and input size the boxes are compared with. */
  preset?: PresetName;
  /** Decode every image instead of reading its header only. Default false. */
  decode?: boolean;
  /** Images read so far. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** All presets have the same anchor shapes; this one has the smaller input. */
export const DEFAULT_CHECK_PRESET: PresetName = 'refinedet320-mobilenet';

/** What is wrong with a dataset, and what is in it. */
export interface CheckReport {
  /** Absolute. */
  root: string;
  format: DatasetFormat;
  classes: string[];
  /** Each list sorted by file and line. */
  errors: Finding[];
  warnings: Finding[];
  notes: Finding[];
  stats: DatasetStats;
}

/** What checking a dataset found out; `fixDataset` goes on from here. */
export interface Inspection {
  report: CheckReport;
  /** With one class list; what could not be read is left out. */
  splits: Dataset[];
  imageFiles: ImageFiles;
}

/**
 * Looks for missing and undecodable images, boxes without area or outside the image, unknown
 * classes, ids and images that occur twice, empty and overlapping splits; counts boxes.
 * @throws FILE_NOT_FOUND or DATASET_FORMAT when there is no dataset at all, INVALID_OPTION,
 *   UNKNOWN_CLASS, UNKNOWN_PRESET, ABORTED
 */
export async function checkDataset(
  location: string,
  options: CheckOptions = {},
): Promise<CheckReport> {
  return (await inspectDataset(location, options)).report;
}

/** As {@link checkDataset}. */
export async function inspectDataset(
  location: string,
  options: CheckOptions = {},
): Promise<Inspection> {
  const preset = presetByName(options.preset ?? DEFAULT_CHECK_PRESET);
  const source = await openDataset(location, options);
  const findings: Finding[] = [];
  const report = collect(findings);
  const own = await readSplits(source, options, report);
  const chosen = options.classes !== undefined || options.map !== undefined;
  const aligned = alignClasses(own);
  const splits = chosen ? aligned.map((split) => chooseClasses(split, options)) : aligned;
  const images = splits.flatMap((split) => split.images);
  const { decode = false, onProgress, signal } = options;
  const imageFiles = await inspectImageFiles(images, { decode, onProgress, signal }, report);
  for (const { images: ofSplit, classes } of splits) {
    for (const image of ofSplit) {
      const actual = imageFiles.get(image.path)!.size;
      if (actual) checkSize(image, actual, report);
      const size = knownSize(image, imageFiles);
      if (size) checkBoxes(image, size, classes, report);
    }
  }
  checkSplits(chosen ? splits : own, imageFiles, report);
  const sorted = sortFindings(findings);
  const of = (severity: Finding['severity']) => sorted.filter((f) => f.severity === severity);
  return {
    report: {
      root: source.root,
      format: source.format,
      classes: splits[0].classes,
      errors: of('error'),
      warnings: of('warning'),
      notes: of('note'),
      stats: datasetStats(splits, imageFiles, preset),
    },
    splits,
    imageFiles,
  };
}

async function readSplits(
  source: DatasetSource,
  options: CheckOptions,
  report: Report,
): Promise<Dataset[]> {
  const splits: Dataset[] = [];
  for (const name of chosenSplits(source, options.split)) {
    try {
      splits.push(await source.read(name, report));
    } catch (error) {
      // A list file or a folder that the dataset names but that is not there.
      if (!(error instanceof RefineDetError) || error.code !== 'FILE_NOT_FOUND') throw error;
      report('malformed-file', error.message, { file: source.root, key: name });
    }
  }
  if (splits.length === 0) {
    throw new RefineDetError('DATASET_EMPTY', `no split of ${source.root} can be read`);
  }
  return splits;
}
