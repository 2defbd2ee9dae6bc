/** A cleaned copy of a dataset: what checking finds and a program can put right. */

import { type ConvertOptions, type ConvertReport, convertDataset } from '../convert-dataset.ts';
import { selectClasses } from '../dataset-classes.ts';
import {
  type Dataset,
  type DatasetFormat,
  type DatasetImage,
  type Finding,
  type GroundTruth,
  WRITTEN_FORMATS,
  type WrittenFormat,
} from '../dataset-types.ts';
import { hasLostCharacters } from '../decode-text.ts';
import { boxOverhang, boxPlace, clipBox, showBox } from './check-boxes.ts';
import {
  type CheckOptions,
  type CheckReport,
  type Inspection,
  inspectDataset,
} from './check-dataset.ts';
import { formatPlace } from './findings.ts';
import { lostBoxes } from './lost-boxes.ts';

export interface FixOptions extends CheckOptions, ConvertOptions {}

/** What was changed, and what only the owner can put right. */
export interface FixReport extends ConvertReport {
  /** What was found in the original. */
  check: CheckReport;
  /** What was done, one sentence each: everything that was left out, clipped or corrected. */
  changes: string[];
  /** What is not in the copy: boxes by the finding that explains it. */
  dropped: Record<string, number>;
  /** Errors that the copy still has. */
  remaining: Finding[];
}

/** Findings about things that reading leaves out, and whether each is at least a box. */
const LEFT_OUT: ReadonlyMap<string, boolean> = new Map([
  ['malformed-file', true],
  ['text-encoding', true],
  ['missing-annotation', true],
  ['missing-split', true],
  ['unsafe-path', false],
  ['unknown-class', true],
  ['unknown-image', true],
  ['unread-object', true],
  ['zero-area-box', true],
  ['repeated-image', false],
  ['missing-image', true],
  ['undecodable-image', true],
]);

/** Collects what the copy lacks or has otherwise. */
class Changes {
  readonly sentences: string[] = [];
  readonly dropped = new Map<string, number>();

  drop(reason: string, boxes: number, sentence: string): void {
    this.sentences.push(`left out: ${sentence}`);
    if (boxes > 0) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + boxes);
  }
}

/**
 * Writes the dataset into another folder, in its own format or, where that is only read, as COCO. It
 * leaves out what cannot be used: images and annotations that cannot be read, boxes without area,
 * outside the image or of an unknown frame. Boxes of a known frame are turned or scaled with the
 * image, those over the edge are clipped. Splits that overlap stay as they are. When no image is left,
 * nothing is written, and the report says why.
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
  const changes = new Changes();
  const lost = await lostBoxes(inspection);
  for (const finding of [...report.errors, ...report.warnings]) {
    const isBox = LEFT_OUT.get(finding.code);
    // Images that were read are counted with their boxes below.
    if (isBox === undefined || inspection.imageFiles.has(finding.file ?? '')) continue;
    const boxes = lost.get(finding) ?? (isBox ? 1 : 0);
    changes.drop(finding.code, boxes, `${formatPlace(finding)}: ${finding.message}`);
  }
  const splits = inspection.splits
    .map((split) => cleanSplit(split, inspection, changes))
    .map((split) =>
      selectClasses(
        split,
        split.classes.filter((name) => !hasLostCharacters(name)),
      ),
    )
    .filter((split) => split.images.length > 0);
  const written =
    splits.length === 0
      ? { images: 0, boxes: 0, losses: [] }
      : await convertDataset(splits, writtenFormat(report.format), folder, {
          copyImages,
          overwrite,
          signal: options.signal,
        });
  const remaining = report.errors.filter(({ code }) => code === 'split-overlap');
  const dropped = Object.fromEntries(changes.dropped);
  return { ...written, check: report, changes: changes.sentences, dropped, remaining };
}

function writtenFormat(format: DatasetFormat): WrittenFormat {
  return WRITTEN_FORMATS.find((written) => written === format) ?? 'coco';
}

/** Whether more boxes were dropped than kept: then something is wrong that no program mends. */
export function lostMost({ boxes, dropped }: Pick<FixReport, 'boxes' | 'dropped'>): boolean {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0) > boxes;
}

function cleanSplit(split: Dataset, inspection: Inspection, changes: Changes): Dataset {
  const images = split.images.map((image) => cleanImage(image, split.classes, inspection, changes));
  return { ...split, images: images.filter((image) => image !== undefined) };
}

function cleanImage(
  image: DatasetImage,
  classes: readonly string[],
  { imageFiles, frames }: Inspection,
  changes: Changes,
): DatasetImage | undefined {
  const size = imageFiles.get(image.path)!.size;
  if (!size) {
    const count = image.boxes.length;
    changes.drop('missing-image', count, `${image.path} is missing or cannot be read`);
    return undefined;
  }
  const framed = frames.get(image);
  if (framed) {
    const { frame, original, code } = framed;
    const now = `${image.path} is ${size.width}×${size.height}`;
    const stated = `${original.width}×${original.height}`;
    if (frame === 'unknown') {
      const why = code === 'unknown-frame' ? 'but turned by EXIF' : `not ${stated}`;
      const sentence = `${now}, ${why}, and its boxes do not tell their frame`;
      changes.drop(code, image.boxes.length, sentence);
      return undefined;
    }
    changes.sentences.push(
      frame === 'stated'
        ? `boxes turned or scaled with the image: ${now}, labeled as ${stated}`
        : `size corrected: ${now}, not ${stated}`,
    );
  }
  const boxes = image.boxes.flatMap((truth): GroundTruth[] => {
    if (boxOverhang(truth.box, size) === 0) return [truth];
    const box = clipBox(truth.box, size);
    const what = `${formatPlace(boxPlace(image, truth))}: box ${showBox(truth.box)} of "${classes[truth.classId]}"`;
    if (box) changes.sentences.push(`clipped: ${what}`);
    else changes.drop('box-outside', 1, `${what} lies outside the image`);
    return box ? [{ ...truth, box }] : [];
  });
  return { ...image, ...size, boxes };
}
