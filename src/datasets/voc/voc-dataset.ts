/**
 * PASCAL VOC folders: JPEGImages/ID.jpg, Annotations/ID.xml and ImageSets/Main/SPLIT.txt. Labeling
 * tools write no ImageSets, and often put images and annotations into one folder.
 * Classes are those of `classes.txt` where the folder has one; else VOC's 20 when the annotations of
 * all splits name no other; else all their names, sorted.
 */
import path from 'node:path';
import { VOC_CLASSES } from '../../labels.ts';
import { startOnce } from '../../start-once.ts';
import { joinDatasets } from '../dataset-classes.ts';
import { isFolder, withoutExtension } from '../dataset-files.ts';
import { canonicalSplit, type DatasetSource, sortSplits } from '../dataset-source.ts';
import { FileFinder, findEntry, listFolder } from '../folders.ts';
import {
  annotationFiles,
  classesFile,
  isVocPair,
  readVoc,
  type VocFolders,
  vocNames,
} from './read-voc.ts';
import { VocAnnotations } from './voc-annotations.ts';

/** What to look for, in words. */
export const VOC_LAYOUT =
  'ImageSets/Main/*.txt beside Annotations/ and JPEGImages/, or *.xml with images (PASCAL VOC)';

/** ImageSets/Main also holds one list per class, `cow_train.txt`; VoTT writes no others. */
const CLASS_LIST = /_(train|val|trainval|test)\.txt$/i;

const DEVKIT_YEAR = /^VOC\d{4}/;

/**
 * A VOC root, or a folder that holds several (VOCdevkit/VOC2007, VOCdevkit/VOC2012): then a split
 * such as `trainval` joins those of all roots and `VOC2007/trainval` is one of them. Without
 * ImageSets all annotations are the split `train`, or those of folders `train`, `valid` and so on
 * the splits.
 * @returns undefined when the folder has no such layout
 */
export async function openVoc(folder: string): Promise<DatasetSource | undefined> {
  const roots = await vocRoots(folder);
  if (roots.length === 0) return openUnlisted(folder);
  const sources = await Promise.all(roots.map(openRoot));
  const source = sources.length === 1 ? sources[0] : joinedSource(folder, sources);
  // What lies beside the roots, such as a year without lists, is not read.
  return { ...source, folders: [folder] };
}

async function vocRoots(folder: string): Promise<string[]> {
  for (const parent of [folder, path.join(folder, 'VOCdevkit')]) {
    if (await isVocRoot(parent)) return [parent];
    const years = (await listFolder(parent)).filter((name) => DEVKIT_YEAR.test(name));
    const children = years.map((name) => path.join(parent, name));
    const flags = await Promise.all(children.map(isVocRoot));
    const roots = children.filter((_, i) => flags[i]);
    if (roots.length > 0) return roots;
  }
  return [];
}

const isVocRoot = (folder: string): Promise<boolean> =>
  isFolder(path.join(folder, 'ImageSets', 'Main'));

async function openRoot(root: string): Promise<DatasetSource> {
  const sets = path.join(root, 'ImageSets', 'Main');
  const names = (await listFolder(sets)).filter((name) => /\.txt$/i.test(name));
  const folders = { annotations: await annotationFolder(root), images: await imageFolder(root) };
  const lists = splitLists(names);
  if (lists.size === 0) {
    const unlisted = await openUnlisted(root);
    if (unlisted) return unlisted;
  }
  // The official sets are large, and known by their lists of 20 classes.
  const official = VOC_CLASSES.every((name) => names.some((list) => list.startsWith(`${name}_`)));
  const finder = new FileFinder();
  const parsed = new VocAnnotations();
  const allNames = official
    ? async () => VOC_CLASSES
    : startOnce(() => vocNames([folders], parsed));
  return {
    format: 'voc',
    root,
    splits: sortSplits(lists.keys()),
    files: [await classesFile(root), ...names.map((name) => path.join(sets, name))],
    folders: [root],
    read: (split, report) => {
      const files = lists.get(split)!.map((name) => path.join(sets, name));
      const source = { root, split, lists: files, ...folders, finder, parsed };
      return readVoc(source, allNames, report);
    },
  };
}

/** File names of the lists of each split: its own, else those of its classes together. */
function splitLists(names: readonly string[]): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  const ofClasses = names.filter((name) => CLASS_LIST.test(name));
  for (const name of names) {
    if (!ofClasses.includes(name)) lists.set(splitOf(withoutExtension(name)), [name]);
  }
  const whole = new Set(lists.keys());
  for (const name of ofClasses) {
    const split = CLASS_LIST.exec(name)![1].toLowerCase();
    if (!whole.has(split)) lists.set(split, [...(lists.get(split) ?? []), name]);
  }
  return lists;
}

/** `TRAIN` → `train`; names of one's own stay as they are. */
function splitOf(name: string): string {
  return /^(train|val|trainval|test)$/i.test(name) ? name.toLowerCase() : name;
}

async function openUnlisted(root: string): Promise<DatasetSource | undefined> {
  const finder = new FileFinder();
  const parsed = new VocAnnotations();
  const splits = new Map<string, VocFolders>();
  const ownFolder = (await annotationFolder(root)) !== root;
  for (const name of ownFolder ? [] : await listFolder(root)) {
    if (!['train', 'val', 'test'].includes(canonicalSplit(name))) continue;
    const folders = await unlistedFolders(path.join(root, name), finder, parsed);
    if (folders) splits.set(name, folders);
  }
  const whole = splits.size > 0 ? undefined : await unlistedFolders(root, finder, parsed);
  if (whole) splits.set('train', whole);
  if (splits.size === 0) return undefined;
  const allNames = startOnce(() => vocNames([...splits.values()], parsed));
  return {
    format: 'voc',
    root,
    splits: sortSplits(splits.keys()),
    files: [await classesFile(root)],
    folders: [root],
    read: (split, report) =>
      readVoc({ root, split, ...splits.get(split)!, finder, parsed }, allNames, report),
  };
}

/** Where images and their annotations lie: in two folders or in one; undefined when nowhere. */
async function unlistedFolders(
  folder: string,
  finder: FileFinder,
  parsed: VocAnnotations,
): Promise<VocFolders | undefined> {
  const folders = {
    annotations: await annotationFolder(folder),
    images: await imageFolder(folder),
  };
  if ((await annotationFiles(folders)).size === 0) return undefined;
  return (await isVocPair(folders, finder, parsed)) ? folders : undefined;
}

const annotationFolder = (root: string) => folderCalled(root, ['Annotations']);
const imageFolder = (root: string) => folderCalled(root, ['JPEGImages', 'images']);

/** The first of the folders that exists, else the one that would hold them. */
async function folderCalled(parent: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    const folder = await findEntry(parent, [name]);
    if (folder && (await isFolder(folder))) return folder;
  }
  return parent;
}

/** The lists of one root that form a split of the devkit: none, one, or train and val. */
function lists({ splits }: DatasetSource, split: string): string[] {
  if (splits.includes(split)) return [split];
  const halves = ['train', 'val'];
  return split === 'trainval' && halves.every((half) => splits.includes(half)) ? halves : [];
}

function joinedSource(root: string, sources: readonly DatasetSource[]): DatasetSource {
  const name = (source: DatasetSource) => path.basename(source.root);
  return {
    format: 'voc',
    root,
    splits: sortSplits(new Set(sources.flatMap(({ splits }) => splits))),
    partSplits: sources.flatMap((s) => s.splits.map((split) => `${name(s)}/${split}`)),
    files: sources.flatMap(({ files }) => files),
    folders: sources.flatMap(({ folders }) => folders),
    async read(wanted, report) {
      const parts = sources.flatMap((source) => {
        const prefix = `${name(source)}/`;
        const split = wanted.startsWith(prefix) ? wanted.slice(prefix.length) : wanted;
        return lists(source, split).map((list) => source.read(list, report));
      });
      const joined = joinDatasets(await Promise.all(parts));
      return { ...joined, split: path.posix.basename(wanted) };
    },
  };
}
