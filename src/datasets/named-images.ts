/** Images by the names that annotation files have for them, which may be of another machine. */
import path from 'node:path';
import { isImageName, isSameImageName, withoutImageExtension } from '../image/image-names.ts';
import type { FileFinder } from './folders.ts';

/** An image and the folder that its name is relative to. */
export interface NamedImage {
  folder: string;
  file: string;
}

/**
 * Images of a name below folders: by the whole name, else by ever less of its leading folders
 * (`C:\data\a.jpg`, `/upload/1/a.jpg`). Never outside of the folders.
 * @returns all that fit equally well, in the order of the folders
 */
export async function findNamed(
  folders: readonly string[],
  name: string,
  finder: FileFinder,
): Promise<NamedImage[]> {
  const parts = nameParts(name);
  const firsts = parts.map((_, first) => first);
  // Of a path of any depth no more is tried than what people have.
  for (const first of firsts.filter((at) => at === 0 || at >= parts.length - MOST_FOLDERS)) {
    const rest = parts.slice(first).join('/');
    const found: NamedImage[] = [];
    for (const folder of folders) {
      const file = await findOne(folder, rest, finder);
      if (file && !found.some((other) => other.file === file)) found.push({ folder, file });
    }
    if (found.length > 0) return found;
  }
  return [];
}

const MOST_FOLDERS = 16;

/** Whether a name leads up, or to another drive: no annotation of one's own has such names. */
export function leadsAway(name: string): boolean {
  return /^\w:/.test(name) || name.split(/[/\\]/).includes('..');
}

/** Parts of a foreign path that can be looked up: no drive, no way up. */
export function nameParts(name: string): string[] {
  if (name.includes('\0')) return [];
  const parts = name.replaceAll('\\', '/').split('/');
  return parts.filter(
    (part) => part !== '' && part !== '.' && part !== '..' && !/^\w:$/.test(part),
  );
}

/**
 * The file of this name, else the only image whose name differs in the spelling of its extension, or
 * has one where the name has none.
 */
async function findOne(
  folder: string,
  name: string,
  finder: FileFinder,
): Promise<string | undefined> {
  const exact = await finder.find(folder, name);
  if (exact) return exact;
  const base = path.posix.basename(name).normalize();
  const alike = await finder.findStem(folder, withoutImageExtension(name));
  const same = isImageName(base)
    ? alike.filter((file) => isSameImageName(path.basename(file).normalize(), base))
    : alike;
  return same.length === 1 ? same[0] : undefined;
}
