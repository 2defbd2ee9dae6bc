/**
 * PASCAL VOC devkit folders: JPEGImages/ID.jpg, Annotations/ID.xml and ImageSets/Main/SPLIT.txt.
 * Classes are those of `classes.txt` where the folder has one; else VOC's 20 when nothing else
 * occurs; else all the names in Annotations/, sorted.
 */
import path from 'node:path';
import { joinDatasets } from './classes.ts';
import { isFolder, listFolder, withoutExtension } from './files.ts';
import { type DatasetSource, sortSplits } from './source.ts';
import { readVoc } from './voc-read.ts';

/** What to look for, in words. */
export const VOC_LAYOUT = 'ImageSets/Main/*.txt beside Annotations/ and JPEGImages/ (PASCAL VOC)';

/** ImageSets/Main also holds one list per class: `cow_train.txt`, lines `ID -1`. */
const CLASS_LIST = /_(train|val|trainval|test)\.txt$/;

const DEVKIT_YEAR = /^VOC\d{4}/;

/**
 * A VOC root, or a folder that holds several (VOCdevkit/VOC2007, VOCdevkit/VOC2012): then a split
 * such as `trainval` joins those of all roots and `VOC2007/trainval` is one of them.
 * @returns undefined when the folder has no such layout
 */
export async function openVoc(folder: string): Promise<DatasetSource | undefined> {
  const roots = await vocRoots(folder);
  if (roots.length === 0) return undefined;
  const sources = await Promise.all(roots.map(openRoot));
  return sources.length === 1 ? sources[0] : joinedSource(folder, sources);
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
  const names = await listFolder(path.join(root, 'ImageSets', 'Main'));
  const lists = names.filter((name) => name.endsWith('.txt') && !CLASS_LIST.test(name));
  return {
    format: 'voc',
    root,
    splits: sortSplits(lists.map(withoutExtension)),
    read: (split, report) => readVoc(root, split, report),
  };
}

/** The lists of one root that a split of the devkit stands for: none, one, or train and val. */
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
