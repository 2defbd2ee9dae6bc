/** A cleaned copy of a dataset: what checking finds and a program can put right. */

import { type ConvertOptions, type ConvertReport, convertDataset } from '../convert-dataset.ts';
import type { Dataset, DatasetImage, Finding, GroundTruth } from '../dataset-types.ts';
import { boxOverhang, boxPlace, clipBox, showBox } from './check-boxes.ts';
import {
  type CheckOptions,
  type CheckReport,
  type Inspection,
  inspectDataset,
} from './check-dataset.ts';
import { formatPlace } from './findings.ts';

export interface FixOptions extends CheckOptions, ConvertOptions {}

/** What was changed, and what only the owner can put right. */
export interface FixReport extends ConvertReport {
  /** What was found in the original. */
  check: CheckReport;
  /** What was done, one sentence each: everything that was left out, clipped or corrected. */
  changes: string[];
  /** Errors that the copy still has. */
  remaining: Finding[];
}

/** Findings about things that reading leaves out. */
const LEFT_OUT = new Set([
  'malformed-file',
  'missing-annotation',
  'unsafe-path',
  'unknown-class',
  'unknown-image',
  'zero-area-box',
  'repeated-image',
]);

/**
 * Writes the dataset into another folder, in its own format, without what cannot be used: images
 * and annotations that cannot be read, boxes without area or outside the image; boxes over the edge
 * are clipped, stated image sizes corrected. Splits that overlap stay as they are.
 * @param options `copyImages` is `symlink` by default: the images are not changed
 * @throws as `checkDataset` and `convertDataset`
 */
export async function fixDataset(
  location: string,
  folder: string,
  { copyImages = 'symlink', overwrite, ...options }: FixOptions = {},
): Promise<FixReport> {
  const inspection = await inspectDataset(location, options);
  const { report } = inspection;
  const changes = [...report.errors, ...report.warnings]
    .filter(({ code }) => LEFT_OUT.has(code))
    .map((finding) => `left out: ${formatPlace(finding)}: ${finding.message}`);
  const splits = inspection.splits
    .map((split) => cleanSplit(split, inspection, changes))
    .filter((split) => split.images.length > 0);
  const written = await convertDataset(splits, report.format, folder, {
    copyImages,
    overwrite,
    signal: options.signal,
  });
  const remaining = report.errors.filter(({ code }) => code === 'split-overlap');
  return { ...written, check: report, changes, remaining };
}

function cleanSplit(split: Dataset, inspection: Inspection, changes: string[]): Dataset {
  const images = new Map<string, DatasetImage>();
  for (const image of split.images) {
    const clean = cleanImage(image, split.classes, inspection, changes);
    if (images.has(image.path)) {
      changes.push(`left out: image ${image.id}, whose file ${image.path} another image has`);
    } else if (clean) {
      images.set(image.path, clean);
    }
  }
  return { ...split, images: [...images.values()] };
}

function cleanImage(
  image: DatasetImage,
  classes: readonly string[],
  { imageFiles }: Inspection,
  changes: string[],
): DatasetImage | undefined {
  const size = imageFiles.get(image.path)!.size;
  if (!size) {
    changes.push(`left out: ${image.path} is missing or cannot be read`);
    return undefined;
  }
  const { width = size.width, height = size.height } = image;
  if (width !== size.width || height !== size.height) {
    const stated = `${width}×${height}`;
    changes.push(`size corrected: ${image.path} is ${size.width}×${size.height}, not ${stated}`);
  }
  const boxes = image.boxes.flatMap((truth): GroundTruth[] => {
    if (boxOverhang(truth.box, size) === 0) return [truth];
    const box = clipBox(truth.box, size);
    const what = `${formatPlace(boxPlace(image, truth))}: box ${showBox(truth.box)} of "${classes[truth.classId]}"`;
    changes.push(box ? `clipped: ${what}` : `left out: ${what} lies outside the image`);
    return box ? [{ ...truth, box }] : [];
  });
  return { ...image, ...size, boxes };
}
