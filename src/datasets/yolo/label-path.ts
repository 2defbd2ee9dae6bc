/** Where the labels of a YOLO image lie. */
import path from 'node:path';
import { isFolder, withoutExtension } from '../dataset-files.ts';
import { type FileFinder, findEntry } from '../folders.ts';

/** `…/images/train/7.jpg` → `…/labels/train/7.txt`, exchanging the last such folder. */
export function labelPath(imageFile: string): string {
  const parts = imageFile.split(path.sep);
  const at = lastFolder(parts, 'images');
  if (at >= 0) parts[at] = 'labels';
  return `${withoutExtension(parts.join(path.sep))}.txt`;
}

function lastFolder(parts: readonly string[], name: string): number {
  return parts.findLastIndex((part, i) => i < parts.length - 1 && part.toLowerCase() === name);
}

/** Finds label files as the disk spells them: folders are asked for once. */
export class LabelFinder {
  readonly #finder: FileFinder;
  readonly #folders = new Map<string, Promise<string>>();

  constructor(finder: FileFinder) {
    this.#finder = finder;
  }

  /** Path of the labels of an image, which need not exist. */
  async find(imageFile: string): Promise<string> {
    const labels = labelPath(imageFile);
    const name = path.basename(labels);
    const folder = await this.folder(path.dirname(labels));
    return (await this.#finder.findAlike(folder, name)) ?? path.join(folder, name);
  }

  /** A folder of {@link labelPath}, where `labels` may be spelled `Labels`. */
  folder(folder: string): Promise<string> {
    const known = this.#folders.get(folder);
    if (known) return known;
    const found = spelledFolder(folder);
    this.#folders.set(folder, found);
    return found;
  }
}

async function spelledFolder(folder: string): Promise<string> {
  if (await isFolder(folder)) return folder;
  const parts = [...folder.split(path.sep), ''];
  const at = lastFolder(parts, 'labels');
  if (at < 0) return folder;
  const labels = await findEntry(parts.slice(0, at).join(path.sep) || path.sep, ['labels']);
  return labels === undefined ? folder : path.join(labels, ...parts.slice(at + 1));
}
