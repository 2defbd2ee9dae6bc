/** Images by the names that annotation files have for them, which may be of another machine. */
import path from 'node:path';
import { isImageName, isSameImageName, withoutImageExtension } from '../image/image-names.ts';
import type { FileFinder } from './folders.ts';

/** An image and the folder that its name is relative to. */
export interface NamedImage {
  folder: string;
  file: string;
  /** Leading folders of the name that are not on this disk. */
  foreign: string;
}

/**
 * Images of a name below folders: by the whole name, else by ever less of its leading folders
 * (`C:\data\a.jpg`, `/upload/1/a.jpg`), unless these are here without the image. Never outside of the
 * folders.
 * @returns all that fit equally well, in the order of the folders
 */
export async function findNamed(
  folders: readonly string[],
  name: string,
  finder: FileFinder,
): Promise<NamedImage[]> {
  for (const { rest, foreign } of nameReadings(name)) {
    const found = await findReading(folders, rest, foreign, finder);
    if (found.length > 0 || (await isFolderHere(folders, rest, finder))) return found;
  }
  return [];
}

/** One reading of a name. */
export async function findReading(
  folders: readonly string[],
  rest: string,
  foreign: string,
  finder: FileFinder,
): Promise<NamedImage[]> {
  const found: NamedImage[] = [];
  for (const folder of folders) {
    const file = await findOne(folder, rest, finder);
    if (file && !found.some((other) => other.file === file)) found.push({ folder, file, foreign });
  }
  return found;
}

/** A name as it is, then without its first folder, and so on. */
export function nameReadings(name: string): { rest: string; foreign: string }[] {
  const parts = nameParts(name);
  const root = /^([/\\]|\w:)/.test(name) ? ['/'] : [];
  // Of a path of any depth no more is tried than what people have.
  const firsts = [...parts.keys()].filter((at) => at === 0 || at >= parts.length - MOST_FOLDERS);
  return firsts.map((first) => ({
    rest: parts.slice(first).join('/'),
    foreign: [...root, ...parts.slice(0, first)].join('/'),
  }));
}

/** Whether the folder that a name says is below one of the folders. */
export async function isFolderHere(
  folders: readonly string[],
  name: string,
  finder: FileFinder,
): Promise<boolean> {
  const parent = path.posix.dirname(name);
  if (parent === '.') return false;
  for (const folder of folders) if (await finder.find(folder, parent)) return true;
  return false;
}

const MOST_FOLDERS = 16;

/** Parts of a foreign path that can be looked up: no drive, no way up. */
export function nameParts(name: string): string[] {
  if (name.includes('\0')) return [];
  const parts = path.posix.normalize(name.replaceAll('\\', '/')).split('/');
  return parts.filter(
    (part) => part !== '' && part !== '.' && part !== '..' && !/^\w:$/.test(part),
  );
}

/** Whether foreign folders begin with those that some name proves to end there. */
export function extendsOne(foreign: string, others: ReadonlySet<string>): boolean {
  for (let end = foreign.lastIndexOf('/'); end > 0; end = foreign.lastIndexOf('/', end - 1)) {
    if (others.has(foreign.slice(0, end))) return true;
  }
  return foreign !== '' && !foreign.startsWith('/') && others.has('');
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
