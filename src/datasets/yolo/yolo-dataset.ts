/**
 * YOLO folders: a data.yaml that names classes and splits, images below a folder `images`, and a
 * text file of the same name below `labels` for each (none for an image without objects).
 */
import path from 'node:path';
import { isImageName } from '../../image/image-names.ts';
import type { Report } from '../check/findings.ts';
import { isFolder, isInside, mapConcurrently, readText, relativeName } from '../dataset-files.ts';
import type { DatasetSource } from '../dataset-source.ts';
import type { Dataset } from '../dataset-types.ts';
import { FileFinder, isHiddenPath, listFolder, walkFiles } from '../folders.ts';
import { findNamed } from '../named-images.ts';
import { splitLines } from '../split-lines.ts';
import { LabelFinder, labelPath } from './label-path.ts';
import { looksLikeYoloConfig, readYoloConfig, type YoloConfig } from './yolo-config.ts';
import { yoloFolders } from './yolo-folders.ts';
import { LineKinds, readYoloImage } from './yolo-labels.ts';

/** What to look for, in words. */
export const YOLO_LAYOUT =
  'data.yaml, images/ and labels/ with classes.txt, one class name per line, or obj.data (YOLO)';

/**
 * @param location a YAML file or a folder with data.yaml, dataset.yaml or a single YAML file
 * @returns undefined when the folder has neither such a file nor folders of labeled images
 * @throws DATASET_FORMAT for a malformed YAML file
 */
export async function openYolo(location: string): Promise<DatasetSource | undefined> {
  const inFolder = await isFolder(location);
  const file = inFolder ? await configFile(location) : location;
  const plain = file ? undefined : await yoloFolders(location);
  const config = file ? await readYoloConfig(file) : plain;
  if (!config) return undefined;
  const entries = [...config.splits.values()].flat();
  const flags = await Promise.all(entries.map(isFolder));
  const ofImages = entries.filter((_, i) => flags[i]);
  const ofLabels = ofImages.map((folder) => path.dirname(labelPath(path.join(folder, '_'))));
  const folders = [...wholeFolders(location, inFolder, config.root), ...ofImages, ...ofLabels];
  return {
    format: 'yolo',
    root: config.root,
    splits: [...config.splits.keys()],
    files: [...(plain?.files ?? [config.file]), ...entries.filter((_, i) => !flags[i])],
    folders: folders.filter((folder) => !folders.some((other) => isInside(other, folder))),
    read: (split, report) => readYolo(config, split, report),
  };
}

/** The folder of a dataset, unless its file only says that it lies somewhere below. */
function wholeFolders(location: string, inFolder: boolean, root: string): string[] {
  if (inFolder) return [location];
  const isAbove = isInside(root, location) && root !== path.dirname(location);
  return isAbove ? [] : [root];
}

async function configFile(folder: string): Promise<string | undefined> {
  const names = (await listFolder(folder)).filter((name) => /\.ya?ml$/i.test(name));
  const files = names.map((name) => path.join(folder, name));
  const flags = await Promise.all(files.map(looksLikeYoloConfig));
  const likely = files.filter((_, i) => flags[i]);
  const isUsual = (file: string) => /^data(set)?\.ya?ml$/i.test(path.basename(file));
  const found = likely.find(isUsual) ?? (likely.length === 1 ? likely[0] : undefined);
  // One that has the name but not the keys is malformed, unless the folder is of another format.
  return found ?? files.find(isUsual);
}

async function readYolo(config: YoloConfig, split: string, report: Report): Promise<Dataset> {
  const imageFiles = new Set<string>();
  const folders: string[] = [];
  const finder = new FileFinder();
  for (const entry of config.splits.get(split)!) {
    const isList = !(await isFolder(entry));
    const found = isList
      ? await listedImageFiles(entry, config, finder, report)
      : (await walkFiles(entry, report)).filter(isImageName);
    for (const imageFile of found) imageFiles.add(imageFile);
    folders.push(...(isList ? new Set(found.map((file) => path.dirname(file))) : [entry]));
  }
  const base = commonFolder(folders);
  reportSharedLabels(imageFiles, report);
  reportMergedClasses(config, split, report);
  const kinds = new LineKinds();
  const labels = new LabelFinder(finder);
  const images = await mapConcurrently([...imageFiles], async (imageFile) => {
    return readYoloImage({
      imageFile,
      fileName: relativeName(base, imageFile),
      labels: await labels.find(imageFile),
      config,
      kinds,
      report,
    });
  });
  kinds.report(split, report);
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

/** `a.jpg` and `a.png` have one label file, which can be right for one of them only. */
function reportSharedLabels(imageFiles: ReadonlySet<string>, report: Report): void {
  const owners = new Map<string, string>();
  for (const imageFile of imageFiles) {
    const labels = labelPath(imageFile);
    const other = owners.get(labels);
    if (other === undefined) owners.set(labels, imageFile);
    else {
      const names = [other, imageFile].map((file) => path.basename(file)).join(' and ');
      const message = `${names} share the labels ${path.basename(labels)}`;
      report('ambiguous-name', message, { file: imageFile });
    }
  }
}

function reportMergedClasses(config: YoloConfig, split: string, report: Report): void {
  for (const [classId, name] of config.classes.entries()) {
    const numbers = config.classIds.flatMap((id, number) => (id === classId ? [number] : []));
    if (numbers.length < 2) continue;
    const message = `the classes ${numbers.join(', ')} of "${split}" are all called "${name}"`;
    report('merged-classes', `${message}: they are one class`, { file: config.file, key: 'names' });
  }
}

/**
 * Images named by a text file, relative to its folder or to the root. They may not lie outside
 * both.
 */
async function listedImageFiles(
  file: string,
  { root }: YoloConfig,
  finder: FileFinder,
  report: Report,
): Promise<string[]> {
  const bases = [...new Set([path.dirname(file), root])];
  const found = new Set<string>();
  for (const [index, line] of splitLines(await readText(file)).entries()) {
    const whole = line.trim().replaceAll('\\', '/');
    if (whole === '') continue;
    const place = { file, line: index + 1 };
    let [name, known]: [string, string | undefined] = [whole, undefined];
    // Quotes may be part of a name, or around it.
    for (const reading of new Set([whole, whole.replace(/^(["'])(.+)\1$/, '$2')])) {
      if (known !== undefined) break;
      name = reading;
      known =
        (await existing(insideOne(bases, name), finder)) ??
        (await findNamed(bases, name, finder))[0]?.file;
    }
    const imageFile = known ?? insideOne(bases, name).at(-1);
    if (imageFile === undefined) {
      report('unsafe-path', `"${name}" lies outside the dataset`, place);
    } else if (found.has(imageFile)) {
      report('repeated-image', `"${name}" is listed twice`, place);
    } else if (!bases.some((base) => isInside(base, imageFile) && isHiddenIn(base, imageFile))) {
      found.add(imageFile);
    }
  }
  return [...found];
}

/** What a name may be relative to folders, if it does not leave all of them. */
function insideOne(bases: readonly string[], name: string): string[] {
  const files = bases.map((base) => path.resolve(base, name));
  return files.filter((file) => bases.some((base) => isInside(base, file)));
}

const isHiddenIn = (folder: string, file: string): boolean =>
  isHiddenPath(path.relative(folder, file));

/** The first of the paths that there is a file for. */
async function existing(paths: readonly string[], finder: FileFinder): Promise<string | undefined> {
  for (const file of paths) {
    const found = await finder.find(path.dirname(file), path.basename(file));
    if (found) return found;
  }
  return undefined;
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
