/** The images that may be labeled next: those of a dataset, and those beside them. */
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import { isDecodableName } from '../../image/image-names.ts';
import { isFile, isFolder } from '../dataset-files.ts';
import type { DatasetImage } from '../dataset-types.ts';
import { walkFiles } from '../folders.ts';
import { type LoadDatasetOptions, loadSplits } from '../load-dataset.ts';

/** Images, each with its labels where it has any. */
export interface ImagesToRank {
  images: { image: DatasetImage; isLabeled: boolean }[];
  /** Classes of the labels. */
  classes: readonly string[];
}

/**
 * @param location a dataset, or a folder of images
 * @throws FILE_NOT_FOUND, DATASET_*, INVALID_OPTION
 */
export async function imagesToRank(
  location: string,
  options: LoadDatasetOptions,
): Promise<ImagesToRank> {
  const found = new Map<string, ImagesToRank['images'][number]>();
  let classes: readonly string[] = [];
  try {
    const splits = await loadSplits(location, options);
    classes = splits[0].classes;
    for (const image of splits.flatMap(({ images }) => images)) {
      const isLabeled = image.boxes.length > 0 || (await isFile(image.annotationPath));
      found.set(image.path, { image, isLabeled });
    }
  } catch (error) {
    const isPlain = error instanceof RefineDetError && error.code === 'DATASET_FORMAT';
    // A folder without annotations is what most people begin with.
    if (!isPlain || options.format || !error.message.startsWith('not a dataset')) throw error;
  }
  if (options.split === undefined && (await isFolder(location))) {
    for (const file of (await walkFiles(path.resolve(location))).filter(isDecodableName)) {
      if (!found.has(file)) found.set(file, { image: unlabeled(file), isLabeled: false });
    }
  }
  if (found.size === 0) {
    throw new RefineDetError('DATASET_EMPTY', `there are no images in ${location}`);
  }
  return { images: [...found.values()], classes };
}

function unlabeled(file: string): DatasetImage {
  return { id: file, fileName: path.basename(file), path: file, annotationPath: file, boxes: [] };
}
