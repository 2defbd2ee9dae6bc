/** YOLO folders without a YAML file, as labeling tools write them. */
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import { isImageName } from '../../image/image-names.ts';
import { isFolder, readText, withoutExtension } from '../dataset-files.ts';
import { canonicalSplit } from '../dataset-source.ts';
import { FileFinder, findEntry, listFolder, walkFiles } from '../folders.ts';
import { splitLines } from '../split-lines.ts';
import { readDarknet } from './darknet.ts';
import { LabelFinder, labelPath } from './label-path.ts';
import { numberedClasses, readClassList, type YoloFolders } from './yolo-config.ts';

const CLASS_FILES = ['classes.txt', 'obj.names'];
const SPLITS = ['train', 'val', 'test'];

/**
 * Describes `images` and `labels` with splits inside, or in folders of the splits, images with labels and
 * classes.txt beside them (labelImg), and the lists of darknet. Without a list of classes their names are
 * their numbers.
 * @returns undefined when the folder has no such layout
 * @throws DATASET_FORMAT for lists of classes that differ
 */
export async function yoloFolders(root: string): Promise<YoloFolders | undefined> {
  const splits = await foldersOfSplits(root);
  if (splits.size === 0) return readDarknet(root);
  const listings = await classLists(root, [...splits.values()].flat());
  const [listing] = listings;
  const isFlat = splits.get('train')?.[0] === root;
  if (isFlat && !listing) return readDarknet(root);
  const names = listing ? await readClassList(listing) : await numbers(root);
  const numbered = numberedClasses(names);
  if (numbered.classes.length === 0) return undefined;
  const file = listing ?? root;
  return { file, root, ...numbered, splits, keypoints: false, files: listings };
}

/** Lists of classes: above the splits, or as labelImg writes them into each folder of labels. */
async function classLists(root: string, images: readonly string[]): Promise<string[]> {
  const [ofLabels, ofImages] = await Promise.all([folder(root, 'labels'), folder(root, 'images')]);
  const finder = new LabelFinder(new FileFinder());
  const labels = await Promise.all(
    images.map((place) => finder.folder(path.dirname(labelPath(path.join(place, '_'))))),
  );
  for (const folders of [[root], [ofLabels], [ofImages], labels, images]) {
    const found = await Promise.all(folders.map((place) => findEntry(place, CLASS_FILES)));
    const files = [...new Set(found.filter((file) => file !== undefined))];
    if (files.length === 0) continue;
    const texts = await Promise.all(
      files.map(async (file) => (await readClassList(file)).join('\n')),
    );
    const other = texts.findIndex((text) => text !== texts[0]);
    if (other < 0) return files;
    const message = `${files[other]}: its classes are not those of ${files[0]}`;
    throw new RefineDetError('DATASET_FORMAT', message);
  }
  return [];
}

const folder = async (root: string, name: string): Promise<string> =>
  (await findEntry(root, [name])) ?? path.join(root, name);

async function foldersOfSplits(root: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const add = async (name: string, images: string, labels: string) => {
    const split = canonicalSplit(name);
    if (!SPLITS.includes(split) || found.has(split)) return;
    if ((await isFolder(images)) && (await isFolder(labels))) found.set(split, [images]);
  };
  const [images, labels] = await Promise.all([folder(root, 'images'), folder(root, 'labels')]);
  for (const name of await listFolder(images)) {
    await add(name, path.join(images, name), path.join(labels, name));
  }
  for (const name of await listFolder(root)) {
    const place = path.join(root, name);
    if (SPLITS.includes(canonicalSplit(name))) {
      await add(name, await folder(place, 'images'), await folder(place, 'labels'));
    }
  }
  if (found.size > 0) return found;
  if ((await isFolder(images)) && (await isFolder(labels))) return new Map([['train', [images]]]);
  const names = await listFolder(root);
  const texts = new Set(names.filter(isTextName).map(withoutExtension));
  const isLabeled = (name: string) => isImageName(name) && texts.has(withoutExtension(name));
  return names.some(isLabeled) ? new Map([['train', [root]]]) : found;
}

const isTextName = (name: string): boolean => /\.txt$/i.test(name);

/** `0`, `1`, … up to the largest class of the labels; none when they are not labels. */
async function numbers(root: string): Promise<string[]> {
  let largest = -1;
  for (const file of (await walkFiles(root)).filter(isTextName)) {
    for (const line of splitLines(await readText(file))) {
      const classId = /^\s*(\d{1,4})(\s+[-+.\de]+){4}/i.exec(line)?.[1];
      if (classId !== undefined) largest = Math.max(largest, Number(classId));
    }
  }
  return Array.from({ length: largest + 1 }, (_, i) => String(i));
}
