/**
 * YOLO folders: a data.yaml that names classes and splits, images below a folder `images`, and a
 * text file of the same name below `labels` for each (none for an image without objects).
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import type { Report } from '../check/findings.ts';
import {
  isFile,
  isFolder,
  isImageName,
  isInside,
  listFolder,
  mapConcurrently,
  readText,
  relativeName,
  withoutExtension,
} from '../dataset-files.ts';
import type { DatasetSource } from '../dataset-source.ts';
import type { Dataset } from '../dataset-types.ts';
import { readYoloConfig, type YoloConfig } from './yolo-config.ts';
import { readYoloImage } from './yolo-labels.ts';

/** What to look for, in words. */
export const YOLO_LAYOUT = 'data.yaml (YOLO)';

/**
 * @param location a YAML file or a folder with data.yaml, dataset.yaml or a single YAML file
 * @returns undefined when the folder has no such file
 * @throws DATASET_FORMAT for a malformed YAML file
 */
export async function openYolo(location: string): Promise<DatasetSource | undefined> {
  const file = (await isFolder(location)) ? await configFile(location) : location;
  if (!file) return undefined;
  const config = await readYoloConfig(file);
  return {
    format: 'yolo',
    root: config.root,
    splits: [...config.splits.keys()],
    read: (split, report) => readYolo(config, split, report),
  };
}

async function configFile(folder: string): Promise<string | undefined> {
  const names = (await listFolder(folder)).filter((name) => /\.ya?ml$/.test(name));
  const usual = names.find((name) => /^data(set)?\.ya?ml$/.test(name));
  const chosen = usual ?? (names.length === 1 ? names[0] : undefined);
  return chosen && path.join(folder, chosen);
}

async function readYolo(config: YoloConfig, split: string, report: Report): Promise<Dataset> {
  const imageFiles = new Set<string>();
  const folders: string[] = [];
  for (const entry of config.splits.get(split)!) {
    const isList = !(await isFolder(entry));
    const found = isList
      ? await listedImageFiles(entry, config, report)
      : await imageFilesIn(entry);
    for (const imageFile of found) imageFiles.add(imageFile);
    folders.push(...(isList ? new Set(found.map((file) => path.dirname(file))) : [entry]));
  }
  const base = commonFolder(folders);
  const images = await mapConcurrently([...imageFiles], (imageFile) =>
    readYoloImage({
      imageFile,
      fileName: relativeName(base, imageFile),
      labels: labelPath(imageFile),
      config,
      report,
    }),
  );
  return {
    name: path.basename(config.root),
    root: config.root,
    format: 'yolo',
    split,
    classes: config.classes,
    images: images.filter((image) => image !== undefined),
    warnings: [],
  };
}

/** Also those in folders below; links to folders are not followed: they could lead in circles. */
async function imageFilesIn(folder: string): Promise<string[]> {
  const entries = await foldersAndFiles(folder);
  const found = await mapConcurrently(entries, async (entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return imageFilesIn(file);
    return isImageName(entry.name) ? [file] : [];
  });
  return found.flat().sort();
}

async function foldersAndFiles(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new RefineDetError('FILE_NOT_FOUND', `${folder} cannot be read`, { cause });
  }
}

/**
 * Images named by a text file, relative to its folder or to the root. They may not lie outside
 * both.
 */
async function listedImageFiles(
  file: string,
  { root }: YoloConfig,
  report: Report,
): Promise<string[]> {
  const names = (await readText(file)).split('\n').map((name) => name.trim());
  const bases = [path.dirname(file), root];
  const first = names.find((name) => name !== '') ?? '';
  const beside = await isFile(path.resolve(bases[0], first));
  const found = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name === '') continue;
    const imageFile = path.resolve(beside ? bases[0] : root, name.replaceAll('\\', '/'));
    const place = { file, line: index + 1 };
    if (!bases.some((base) => isInside(base, imageFile))) {
      report('unsafe-path', `"${name}" lies outside the dataset`, place);
    } else if (found.has(imageFile)) {
      report('repeated-image', `"${name}" is listed twice`, place);
    } else {
      found.add(imageFile);
    }
  }
  return [...found];
}

/** The deepest folder that holds all the given ones. */
function commonFolder(folders: readonly string[]): string {
  const [first = '', ...others] = folders;
  let common = first.split(path.sep);
  for (const folder of others) {
    const parts = folder.split(path.sep);
    const end = common.findIndex((part, level) => part !== parts[level]);
    if (end >= 0) common = common.slice(0, end);
  }
  return common.length > 1 ? common.join(path.sep) : path.parse(first).root;
}

/** `…/images/train/7.jpg` → `…/labels/train/7.txt`, exchanging the last such folder. */
function labelPath(imageFile: string): string {
  const [images, labels] = ['images', 'labels'].map((name) => `${path.sep}${name}${path.sep}`);
  const at = imageFile.lastIndexOf(images);
  const swapped =
    at < 0 ? imageFile : imageFile.slice(0, at) + labels + imageFile.slice(at + images.length);
  return `${withoutExtension(swapped)}.txt`;
}
