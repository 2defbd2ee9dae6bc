/** The lists of darknet, as CVAT exports them as YOLO 1.1: obj.data names a list of images for each split. */
import path from 'node:path';
import { readText } from '../dataset-files.ts';
import { canonicalSplit } from '../dataset-source.ts';
import { findEntry, listFolder } from '../folders.ts';
import { splitLines } from '../split-lines.ts';
import { numberedClasses, readClassList, resolve, type YoloFolders } from './yolo-config.ts';

const LIST = /^(train|valid|val|test)\.txt$/i;
const FIELD = /^\s*([^=#]+?)\s*=\s*(.*?)\s*$/;

/** @returns undefined for a folder without class names or without a list of images */
export async function readDarknet(root: string): Promise<YoloFolders | undefined> {
  const data = await findEntry(root, ['obj.data']);
  const fields = new Map(data === undefined ? [] : await readFields(data));
  // Paths begin with the folder that the files were meant to lie in.
  const at = async (entry: string) => (await resolve(root, entry))?.file ?? path.join(root, entry);
  const names = fields.get('names');
  const listing = names ? await at(names) : await findEntry(root, ['obj.names']);
  if (listing === undefined) return undefined;
  const entries = [...fields].filter(([key, entry]) => LIST.test(`${key}.txt`) && entry !== '');
  const lists = (await listFolder(root)).filter((name) => LIST.test(name));
  const given = entries.length > 0 ? entries : lists.map((name) => [name.slice(0, -4), name]);
  const splits = new Map<string, string[]>();
  for (const [key, entry] of given) splits.set(canonicalSplit(key), [await at(entry)]);
  if (splits.size === 0) return undefined;
  const files = data === undefined ? [listing] : [listing, data];
  const numbered = numberedClasses(await readClassList(listing));
  return { file: listing, root, ...numbered, splits, keypoints: false, files };
}

async function readFields(file: string): Promise<[string, string][]> {
  return splitLines(await readText(file)).flatMap((line): [string, string][] => {
    const [, key, value] = FIELD.exec(line) ?? [];
    return key === undefined ? [] : [[key, value.replaceAll('\\', '/')]];
  });
}
