/**
 * COCO JSON: a file, or a folder with annotations/instances_SPLIT.json and one image folder per
 * split, or SPLIT/_annotations.coco.json beside the images.
 */
import path from 'node:path';
import { isFile, isFolder, mapConcurrently, readStartText } from '../dataset-files.ts';
import { type DatasetSource, sortSplits } from '../dataset-source.ts';
import { FileFinder, listFolder } from '../folders.ts';
import { ImagePlaces, usualFolders } from '../image-places.ts';
import { readCoco } from './read-coco.ts';

/** What to look for, in words. */
export const COCO_LAYOUT =
  'annotations/instances_*.json, *.json or SPLIT/_annotations.coco.json (COCO)';

const BESIDE_IMAGES = '_annotations.coco.json';
/** Files of the COCO downloads that hold no boxes. */
const OTHER_TASKS = /^(captions|image_info|panoptic|person_keypoints|stuff)_/i;
const JSON_NAME = /\.json$/i;
const ANNOTATIONS = /^annotations$/i;
const USUAL_SPLIT = /train|val|test/i;
/** `person_train.json` */
const SPLIT_END = /[-_.]((?:train|val|valid|test)[-_]?\d*)\.json$/i;
/** Outside `annotations`, only names that promise boxes count: any folder may hold a JSON file. */
const LIKELY_NAME = /^(instances_.*|.*coco.*|(train|val|valid|test)[-_]?\d*)\.json$/i;

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
  const bySplit = filesBySplit(files, isOnly);
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
        near: path.dirname(file),
        finder,
      });
      return readCoco({ file, root, split, places, report });
    },
  };
}

async function annotationFiles(folder: string): Promise<string[]> {
  const names = await listFolder(folder);
  const inside = path.join(folder, names.find((name) => ANNOTATIONS.test(name)) ?? 'annotations');
  const json = (await listFolder(inside)).filter((name) => JSON_NAME.test(name));
  const instances = json.filter((name) => /^instances_/i.test(name));
  const named = instances.length > 0 ? instances : await likelyFiles(inside, json);
  if (named.length > 0) return named.map((name) => path.join(inside, name));
  const beside = names.filter((name) => LIKELY_NAME.test(name));
  if (beside.length > 0) return beside.map((name) => path.join(folder, name));
  const children = names.map((name) => path.join(folder, name, BESIDE_IMAGES));
  const flags = await Promise.all(children.map(isFile));
  if (flags.includes(true)) return children.filter((_, i) => flags[i]);
  const others = names.filter((name) => JSON_NAME.test(name));
  const flagged = await mapConcurrently(others, (name) => looksLikeCoco(path.join(folder, name)));
  const likely = others.filter((_, i) => flagged[i]);
  // Several are a dataset if their names say which split each is.
  const isClear = likely.length === 1 || likely.every((name) => SPLIT_END.test(name));
  return isClear ? likely.map((name) => path.join(folder, name)) : [];
}

/** Files of a folder that may belong to another format; malformed ones too where none is there. */
async function likelyFiles(folder: string, json: readonly string[]): Promise<string[]> {
  const names = json.filter((name) => !OTHER_TASKS.test(name));
  const flags = await Promise.all(names.map((name) => looksLikeCoco(path.join(folder, name))));
  const likely = names.filter((name, i) => flags[i] || LIKELY_NAME.test(name));
  if (likely.length > 0) return likely;
  const isOther = (await listFolder(folder)).some((name) => /\.xml$/i.test(name));
  return isOther ? [] : names;
}

const START_BYTES = 2 ** 16;
/** Other members may come first: the categories of LVIS have half a megabyte. */
const MOST_BYTES = 2 ** 22;

/** Whether a file begins like a COCO file, under any name. Categories alone are notes of other tools. */
async function looksLikeCoco(file: string): Promise<boolean> {
  const hasLists = (text: string) => /"(images|annotations)"\s*:\s*\[/.test(text);
  const start = await readStartText(file, START_BYTES);
  if (!/^[^"[]*\{/.test(start)) return false;
  return hasLists(start) || hasLists(await readStartText(file, MOST_BYTES));
}

/** Two files of one split are two splits: each is read, and what they share is found. */
function filesBySplit(files: readonly string[], isOnly: boolean): Map<string, string> {
  const bySplit = new Map<string, string>();
  for (const file of files) {
    const name = path.basename(file);
    const candidates = [splitName(file, isOnly), name.replace(JSON_NAME, ''), name];
    bySplit.set(candidates.find((split) => !bySplit.has(split)) ?? file, file);
  }
  return bySplit;
}

/** @param isOnly whether the file is the whole dataset: a name that no split has says nothing then */
function splitName(file: string, isOnly: boolean): string {
  const name = path.basename(file);
  if (name === BESIDE_IMAGES) return path.basename(path.dirname(file));
  const whole = name.replace(JSON_NAME, '');
  const split = whole.replace(/^instances_/i, '');
  const end = split === whole ? SPLIT_END.exec(name)?.[1] : undefined;
  if (end) return end;
  const isSplit = split !== whole || USUAL_SPLIT.test(split);
  return isSplit || !isOnly ? split : 'train';
}

/** The folder above `annotations`, else the one that was named, else the file's own. */
function rootOf(location: string, file: string): string {
  const parent = path.dirname(file);
  if (ANNOTATIONS.test(path.basename(parent))) return path.dirname(parent);
  return location === file ? parent : location;
}
