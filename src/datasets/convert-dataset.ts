/** Writing datasets in another format. */
import { constants, copyFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { RefineDetError, throwIfAborted } from '../errors.ts';
import { isImageName } from '../image/image-names.ts';
import { makeFolder } from '../make-folder.ts';
import { writeCoco } from './coco/write-coco.ts';
import { alignClasses } from './dataset-classes.ts';
import { entryKind } from './dataset-files.ts';
import type { Dataset, DatasetImage, WrittenFormat } from './dataset-types.ts';
import { hasLostCharacters } from './decode-text.ts';
import { findFrames, frameProblem, readHeaders, statesSizes, toFileFrame } from './frames.ts';
import { mergeRecords } from './merge-records.ts';
import { writeVoc } from './voc/write-voc.ts';
import { writeFolder } from './write-folder.ts';
import type { WriteJob, WrittenBoxes } from './write-job.ts';
import { writeYolo } from './yolo/write-yolo.ts';

/** Whether images are copied, linked, or left where they are. */
export type CopyImages = 'copy' | 'symlink' | 'none';

/** How a converted dataset is written. */
export interface ConvertOptions {
  /** What to do with the images. Default `copy`. */
  copyImages?: CopyImages;
  /** Replace an existing folder, if it is empty or holds a dataset. Default false. */
  overwrite?: boolean;
  /** Ends the work; nothing is left behind. */
  signal?: AbortSignal;
}

/** What was written, and what the format could not hold. */
export interface ConvertReport extends WrittenBoxes {
  images: number;
}

const WRITERS: Record<WrittenFormat, (job: WriteJob) => Promise<WrittenBoxes>> = {
  voc: writeVoc,
  coco: writeCoco,
  yolo: writeYolo,
};

/**
 * Writes a dataset, or several splits of one, as a new folder. Class lists are joined by name.
 * Boxes survive to 1e-3 pixels; those of another frame than their image are turned or scaled with it. VOC cannot hold boxes of one pixel or less, nor crowd regions (they
 * become difficult); YOLO holds neither `difficult` nor crowd regions (they are left out). Areas and
 * annotation ids survive in COCO only; segmentations, poses and the like never.
 * @returns counts and what was lost
 * @throws DATASET_FORMAT for a class name with lost characters, FILE_WRITE, INVALID_OPTION (see {@link ConvertOptions.overwrite}; a split that YOLO cannot
 *   name), FILE_NOT_FOUND for an image that is to be copied, ABORTED
 */
export async function convertDataset(
  dataset: Dataset | readonly Dataset[],
  format: WrittenFormat,
  folder: string,
  { copyImages = 'copy', overwrite, signal }: ConvertOptions = {},
): Promise<ConvertReport> {
  const given = alignClasses('images' in dataset ? [dataset] : dataset);
  const broken = given[0]?.classes.find(hasLostCharacters);
  if (broken !== undefined) {
    throw new RefineDetError('DATASET_FORMAT', `the class name "${broken}" has lost characters`);
  }
  const losses: string[] = [];
  const upright = await Promise.all(given.map((split) => uprightSplit(split, losses)));
  const splits = upright.map((split): Dataset => {
    const { images, merged } = mergeRecords(split.images);
    const name = `${merged} of "${split.split}"`;
    if (merged > 0)
      losses.push(`records of a file that another record has, joined with it: ${name}`);
    return { ...split, images };
  });
  const images = splits.flatMap((split) => split.images);
  if (images.length === 0) {
    throw new RefineDetError('DATASET_EMPTY', 'there are no images to write');
  }
  const originals = [...splits.map(({ root }) => root), ...images.map((image) => image.path)];
  const written = await writeFolder(folder, { overwrite, originals }, (part) =>
    WRITERS[format]({
      splits,
      classes: splits[0].classes,
      folder: part,
      async placeImage(image, name) {
        throwIfAborted(signal);
        await placeImage(image, path.join(part, name), copyImages);
      },
    }),
  );
  return { images: images.length, ...written, losses: [...losses, ...written.losses] };
}

/** Boxes in the upright pixels of the files, as far as their frame is known. */
async function uprightSplit(split: Dataset, losses: string[]): Promise<Dataset> {
  if (!statesSizes(split)) return split;
  const headers = await readHeaders(split.images);
  const frames = findFrames(split.images, headers);
  const lost = split.images.filter((image) => {
    const frame = frames.get(image);
    const problem = frame && frameProblem(image, headers.get(image.path)!, frame);
    return frame === 'unknown' && problem !== undefined;
  });
  if (lost.length > 0) {
    const boxes = lost.reduce((sum, image) => sum + image.boxes.length, 0);
    losses.push(
      `images of another size than stated, or turned by EXIF, whose boxes do not tell of which: ${lost.length} with ${boxes} boxes`,
    );
  }
  const left = new Set(lost);
  const kept = split.images.filter((image) => !left.has(image));
  const images = kept.map((image) => {
    const header = headers.get(image.path);
    const frame = frames.get(image) ?? 'unknown';
    const framed = header && frame !== 'unknown' ? toFileFrame(image, header, frame) : image;
    // A reader that lists a folder knows images by their extension.
    const isNamed = !header || isImageName(image.fileName);
    return isNamed ? framed : { ...framed, fileName: `${image.fileName}.${header.format}` };
  });
  return { ...split, images };
}

async function placeImage(image: DatasetImage, file: string, how: CopyImages): Promise<void> {
  await makeFolder(path.dirname(file));
  if (how === 'none') return;
  if ((await entryKind(image.path)) !== 'file') {
    throw new RefineDetError('FILE_NOT_FOUND', `the image ${image.path} does not exist`);
  }
  if (how === 'symlink') await symlink(image.path, file);
  else await copyFile(image.path, file, constants.COPYFILE_FICLONE);
}
