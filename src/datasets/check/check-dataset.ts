/** What to know about a dataset before training on it. */
import { RefineDetError } from '../../errors.ts';
import { type PresetName, presetByName } from '../../model/presets.ts';
import { alignClasses } from '../dataset-classes.ts';
import { chosenSplits, type DatasetSource, readSplit } from '../dataset-source.ts';
import type { Dataset, DatasetFormat, DatasetImage, Finding } from '../dataset-types.ts';
import {
  type ClassOptions,
  chooseClasses,
  type OpenOptions,
  openDataset,
} from '../load-dataset.ts';
import { checkCensus } from './census.ts';
import { checkBoxes } from './check-boxes.ts';
import {
  type ImageFiles,
  inspectImageFiles,
  type SettledFrame,
  settleFrames,
} from './check-images.ts';
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
  /**
   * With one class list, and boxes in the upright pixels of the files where their frame is known;
   * what could not be read is left out.
   */
  splits: Dataset[];
  imageFiles: ImageFiles;
  /** Boxes of each annotation file that were read, of all classes. */
  read: ReadonlyMap<string, number>;
  /** Frames of the images whose stated size or turn does not fit the file. */
  frames: ReadonlyMap<DatasetImage, SettledFrame>;
}

/**
 * Finds missing and undecodable images, boxes without area, outside the image or of another frame,
 * unknown classes, ids and images that occur twice, empty and overlapping splits, files that nothing
 * uses; counts boxes.
 * @throws FILE_NOT_FOUND or DATASET_FORMAT without a dataset, INVALID_OPTION,
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
  const asked = chosen ? aligned.map((split) => chooseClasses(split, options)) : aligned;
  const images = asked.flatMap((split) => split.images);
  const { decode = false, onProgress, signal } = options;
  const imageFiles = await inspectImageFiles(images, { decode, onProgress, signal }, report);
  const frames = new Map<DatasetImage, SettledFrame>();
  const splits = asked.map((split) => settleFrames(split, imageFiles, frames, report));
  for (const { images: ofSplit, classes } of splits) {
    for (const image of ofSplit) {
      const size = knownSize(image, imageFiles);
      if (size && frames.get(image)?.frame !== 'unknown') checkBoxes(image, size, classes, report);
    }
  }
  checkSplits(chosen ? splits : own, imageFiles, report);
  if (options.split === undefined) await checkCensus(source, own, findings, report);
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
    read: boxesRead(own),
    frames,
  };
}

function boxesRead(splits: readonly Dataset[]): Map<string, number> {
  const read = new Map<string, number>();
  for (const { annotationPath, boxes } of splits.flatMap(({ images }) => images)) {
    read.set(annotationPath, (read.get(annotationPath) ?? 0) + boxes.length);
  }
  return read;
}

async function readSplits(
  source: DatasetSource,
  options: CheckOptions,
  report: Report,
): Promise<Dataset[]> {
  const splits: Dataset[] = [];
  const reasons: string[] = [];
  for (const name of chosenSplits(source, options.split)) {
    try {
      splits.push(await readSplit(source, name, report));
    } catch (error) {
      // A list file or a folder that the dataset names but that is not there.
      if (!(error instanceof RefineDetError) || error.code !== 'FILE_NOT_FOUND') throw error;
      report('missing-split', error.message, { file: source.root, key: name });
      reasons.push(error.message);
    }
  }
  if (splits.length === 0) {
    const why = [...new Set(reasons)].join('; ');
    throw new RefineDetError('DATASET_EMPTY', `no split of ${source.root} can be read: ${why}`);
  }
  return splits;
}
