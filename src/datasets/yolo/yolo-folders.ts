/** YOLO folders without a YAML file, as labeling tools write them. */
import path from 'node:path';
import { isImageName } from '../../image/image-names.ts';
import { isFolder, readText, splitLines } from '../dataset-files.ts';
import { canonicalSplit } from '../dataset-source.ts';
import { listFolder, walkFiles } from '../folders.ts';
import type { YoloConfig } from './yolo-config.ts';

const CLASS_FILES = ['classes.txt', 'obj.names'];
const SPLITS = ['train', 'val', 'test'];

/**
 * Describes `images` and `labels` with splits inside, or in folders of the splits, and images with labels and
 * classes.txt beside them (labelImg). Without a list of classes their names are their numbers.
 * @returns undefined when the folder has no such layout
 */
export async function yoloFolders(
  root: string,
): Promise<(YoloConfig & { files: string[] }) | undefined> {
  const splits = await foldersOfSplits(root);
  if (splits.size === 0) return undefined;
  const listing = (
    await Promise.all([root, 'labels', 'images'].map((folder) => namesIn(root, folder)))
  )
    .flat()
    .find((file) => CLASS_FILES.includes(path.basename(file)));
  const isFlat = splits.get('train')?.[0] === root;
  if (isFlat && !listing) return undefined;
  const names = listing ? await namesOf(listing) : await numbers(root);
  const classes = [...new Set(names)];
  const classIds = names.map((name) => classes.indexOf(name));
  if (classes.length === 0) return undefined;
  const files = listing ? [listing] : [];
  return { file: listing ?? root, root, classes, classIds, splits, keypoints: false, files };
}

const namesIn = async (root: string, folder: string): Promise<string[]> => {
  const place = path.resolve(root, folder);
  return (await listFolder(place)).map((name) => path.join(place, name));
};

async function foldersOfSplits(root: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const add = async (name: string, images: string, labels: string) => {
    const split = canonicalSplit(name);
    if (!SPLITS.includes(split) || found.has(split)) return;
    if ((await isFolder(images)) && (await isFolder(labels))) found.set(split, [images]);
  };
  const [images, labels] = ['images', 'labels'].map((name) => path.join(root, name));
  for (const name of await listFolder(images)) {
    await add(name, path.join(images, name), path.join(labels, name));
  }
  for (const name of await listFolder(root)) {
    await add(name, path.join(root, name, 'images'), path.join(root, name, 'labels'));
  }
  if (found.size > 0) return found;
  if ((await isFolder(images)) && (await isFolder(labels))) return new Map([['train', [images]]]);
  const names = await listFolder(root);
  const texts = new Set(names.filter((name) => name.endsWith('.txt')));
  const isLabeled = (name: string) =>
    isImageName(name) && texts.has(name.replace(/\.[^.]*$/, '.txt'));
  return names.some(isLabeled) ? new Map([['train', [root]]]) : found;
}

async function namesOf(file: string): Promise<string[]> {
  const lines = splitLines(await readText(file)).map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

/** `0`, `1`, … up to the largest class of the labels; none when they are not labels. */
async function numbers(root: string): Promise<string[]> {
  let largest = -1;
  for (const file of await walkFiles(root)) {
    if (!file.endsWith('.txt')) continue;
    for (const line of splitLines(await readText(file))) {
      const classId = /^\s*(\d{1,4})(\s+[-+.\de]+){4}/i.exec(line)?.[1];
      if (classId !== undefined) largest = Math.max(largest, Number(classId));
    }
  }
  return Array.from({ length: largest + 1 }, (_, i) => String(i));
}
