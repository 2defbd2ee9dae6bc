/**
 * COCO JSON: a file, or a folder with annotations/instances_SPLIT.json and one image folder per
 * split, or SPLIT/_annotations.coco.json beside the images.
 */
import path from 'node:path';
import { confinedPath, isFile, isFolder, listFolder } from '../dataset-files.ts';
import { type DatasetSource, sortSplits } from '../dataset-source.ts';
import { readCoco } from './read-coco.ts';

/** What to look for, in words. */
export const COCO_LAYOUT =
  'annotations/instances_*.json, *.json or SPLIT/_annotations.coco.json (COCO)';

const BESIDE_IMAGES = '_annotations.coco.json';
/** Files of the COCO downloads that hold no boxes. */
const OTHER_TASKS = /^(captions|image_info|panoptic|person_keypoints|stuff)_/;
/** Outside `annotations`, only names that promise boxes count: any folder may hold a JSON file. */
const LIKELY_NAME = /^(instances_.*|.*coco.*|(train|val|valid|test)[-_]?\d*)\.json$/;

/**
 * @param location a JSON file or a folder
 * @param imagesFolder where the images are; found by trying the usual places when left out
 * @returns undefined when the folder has no such layout
 */
export async function openCoco(
  location: string,
  imagesFolder?: string,
): Promise<DatasetSource | undefined> {
  const files = (await isFolder(location)) ? await annotationFiles(location) : [location];
  if (files.length === 0) return undefined;
  const bySplit = new Map(files.map((file) => [splitName(file), file]));
  const root = rootOf(location, files[0]);
  return {
    format: 'coco',
    root,
    splits: sortSplits(bySplit.keys()),
    read(split, report) {
      const file = bySplit.get(split)!;
      const findImages = (fileName: string) =>
        imagesFolder ?? firstFolderWith(fileName, imageFolders(root, split, file));
      return readCoco({ file, root, split, findImages, report });
    },
  };
}

async function annotationFiles(folder: string): Promise<string[]> {
  const inside = path.join(folder, 'annotations');
  const json = (await listFolder(inside)).filter((name) => name.endsWith('.json'));
  const instances = json.filter((name) => name.startsWith('instances_'));
  const named = instances.length > 0 ? instances : json.filter((name) => !OTHER_TASKS.test(name));
  if (named.length > 0) return named.map((name) => path.join(inside, name));
  const beside = (await listFolder(folder)).filter((name) => LIKELY_NAME.test(name));
  if (beside.length > 0) return beside.map((name) => path.join(folder, name));
  const children = (await listFolder(folder)).map((name) => path.join(folder, name, BESIDE_IMAGES));
  const flags = await Promise.all(children.map(isFile));
  return children.filter((_, i) => flags[i]);
}

function splitName(file: string): string {
  const name = path.basename(file);
  if (name === BESIDE_IMAGES) return path.basename(path.dirname(file));
  return name.replace(/^instances_/, '').replace(/\.json$/, '');
}

/** The folder above `annotations`, else the one that was named, else the file's own. */
function rootOf(location: string, file: string): string {
  const parent = path.dirname(file);
  if (path.basename(parent) === 'annotations') return path.dirname(parent);
  return location === file ? parent : location;
}

function imageFolders(root: string, split: string, file: string): string[] {
  const near = path.dirname(file);
  return [
    path.join(root, split),
    path.join(root, 'images', split),
    near,
    path.join(root, 'images'),
    root,
    path.join(near, 'images'),
  ];
}

/** The first folder that holds the image; the first of all when none does. */
async function firstFolderWith(fileName: string, folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const image = confinedPath(folder, fileName);
    if (image && (await isFile(image))) return folder;
  }
  return folders[0];
}
