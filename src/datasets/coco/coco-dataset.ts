/**
 * COCO JSON: a file, or a folder with annotations/instances_SPLIT.json and one image folder per
 * split, or SPLIT/_annotations.coco.json beside the images.
 */
import path from 'node:path';
import { isFile, isFolder, readStart } from '../dataset-files.ts';
import { type DatasetSource, sortSplits } from '../dataset-source.ts';
import { FileFinder, listFolder } from '../folders.ts';
import { ImagePlaces, usualFolders } from '../image-places.ts';
import { readCoco } from './read-coco.ts';

/** What to look for, in words. */
export const COCO_LAYOUT =
  'annotations/instances_*.json, *.json or SPLIT/_annotations.coco.json (COCO)';

const BESIDE_IMAGES = '_annotations.coco.json';
/** Files of the COCO downloads that hold no boxes. */
const OTHER_TASKS = /^(captions|image_info|panoptic|person_keypoints|stuff)_/;
const USUAL_SPLIT = /train|val|test/i;
/** Outside `annotations`, only names that promise boxes count: any folder may hold a JSON file. */
const LIKELY_NAME = /^(instances_.*|.*coco.*|(train|val|valid|test)[-_]?\d*)\.json$/;

/**
 * @param location a JSON file or a folder
 * @param given where the images are; found by trying the usual places when empty
 * @returns undefined when the folder has no such layout
 */
export async function openCoco(
  location: string,
  given: readonly string[] = [],
): Promise<DatasetSource | undefined> {
  const inFolder = await isFolder(location);
  const files = inFolder ? await annotationFiles(location) : [location];
  if (files.length === 0) return undefined;
  const isOnly = files.length === 1;
  const bySplit = new Map(files.map((file) => [splitName(file, isOnly), file]));
  const root = rootOf(location, files[0]);
  const finder = new FileFinder();
  return {
    format: 'coco',
    root,
    splits: sortSplits(bySplit.keys()),
    files,
    folders: [...(inFolder ? [location] : []), ...given],
    async read(split, report) {
      const file = bySplit.get(split)!;
      const folders = given.length > 0 ? given : usualFolders(root, split, path.dirname(file));
      const places = new ImagePlaces({
        folders,
        root: given.length > 0 ? undefined : root,
        finder,
      });
      return readCoco({ file, root, split, places, report });
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
  const names = await listFolder(folder);
  const children = names.map((name) => path.join(folder, name, BESIDE_IMAGES));
  const flags = await Promise.all(children.map(isFile));
  if (flags.includes(true)) return children.filter((_, i) => flags[i]);
  const only = names.filter((name) => name.endsWith('.json'));
  return only.length === 1 && (await looksLikeCoco(path.join(folder, only[0])))
    ? [path.join(folder, only[0])]
    : [];
}

const START_BYTES = 2 ** 16;

/** Whether a file begins like a COCO file, under any name. */
async function looksLikeCoco(file: string): Promise<boolean> {
  const start = (await readStart(file, START_BYTES)).toString('latin1').replaceAll('\0', '');
  const isObject = /^[^"[]*\{/.test(start);
  return isObject && /"(images|annotations|categories)"\s*:\s*\[/.test(start);
}

/** @param isOnly whether the file is the whole dataset: a name that no split has says nothing then */
function splitName(file: string, isOnly: boolean): string {
  const name = path.basename(file);
  if (name === BESIDE_IMAGES) return path.basename(path.dirname(file));
  const split = name.replace(/^instances_/, '').replace(/\.json$/, '');
  const isSplit = split !== name.replace(/\.json$/, '') || USUAL_SPLIT.test(split);
  return isSplit || !isOnly ? split : 'train';
}

/** The folder above `annotations`, else the one that was named, else the file's own. */
function rootOf(location: string, file: string): string {
  const parent = path.dirname(file);
  if (path.basename(parent) === 'annotations') return path.dirname(parent);
  return location === file ? parent : location;
}
