/** What lies in folders of datasets: the one place that knows hidden entries, links and circles. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { RefineDetError } from '../errors.ts';
import { isImageName, withoutImageExtension } from '../image/image-names.ts';
import type { Report } from './check/findings.ts';
import { entryKind, isInside } from './dataset-files.ts';

/** macOS leaves `._photo.jpg`, Jupyter `.ipynb_checkpoints`, git `.git`: none of them is data. */
export const isHidden = (name: string): boolean => name.startsWith('.');

/** Whether any part of a path below a folder is hidden. */
export const isHiddenPath = (name: string): boolean => name.split(/[/\\]/).some(isHidden);

/**
 * Visible names in a folder, sorted.
 * @param isRequired throw the system's error when the folder cannot be read, instead of finding none
 */
export async function listFolder(folder: string, isRequired = false): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !isHidden(name)).sort();
  } catch (error) {
    if (isRequired) throw error;
    return [];
  }
}

/** Path of the first of some names in a folder, exactly or else in any case of letters. */
export async function findEntry(
  folder: string,
  names: readonly string[],
): Promise<string | undefined> {
  const entries = await listFolder(folder);
  const exact = names.find((name) => entries.includes(name));
  const lower = names.map((name) => name.toLowerCase());
  const found = exact ?? entries.find((entry) => lower.includes(entry.toLowerCase()));
  return found === undefined ? undefined : path.join(folder, found);
}

/**
 * Visible files below a folder, sorted. Linked folders are followed, each folder once, but for those
 * that lead back above the start.
 * @param report receives images and labels that are links to nothing
 * @returns absolute paths
 * @throws FILE_NOT_FOUND when the folder cannot be read
 */
export async function walkFiles(folder: string, report?: Report): Promise<string[]> {
  const start = await realFolder(folder);
  const seen = new Set([start]);
  const files: string[] = [];
  const links: string[] = [];

  const visit = async (place: string, real: string): Promise<void> => {
    for (const entry of await visibleEntries(place)) {
      const file = path.join(place, entry.name);
      if (entry.isFile()) files.push(file);
      else if (!entry.isDirectory()) links.push(file);
      else if (!seen.has(path.join(real, entry.name))) {
        seen.add(path.join(real, entry.name));
        await visit(file, path.join(real, entry.name));
      }
    }
  };

  await visit(folder, start);
  // Links wait: a folder inside goes by its own name.
  for (const file of links) {
    const kind = await entryKind(file);
    if (kind === 'file') files.push(file);
    else if (kind === 'missing' && report && (await isLink(file))) reportLink(file, report);
    if (kind !== 'folder') continue;
    const target = await realFolder(file);
    if (seen.has(target) || isInside(target, start)) continue;
    seen.add(target);
    await visit(file, target);
  }
  return files.sort();
}

const isLink = async (file: string): Promise<boolean> => (await lstat(file)).isSymbolicLink();

function reportLink(file: string, report: Report): void {
  const message = `${path.basename(file)} is a link to a file that is not there`;
  report(isImageName(file) ? 'missing-image' : 'unused-file', message, { file });
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (cause) {
    throw new RefineDetError('FILE_NOT_FOUND', `${folder} cannot be read`, { cause });
  }
}

async function visibleEntries(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter(({ name }) => !isHidden(name));
  } catch (cause) {
    throw new RefineDetError('FILE_NOT_FOUND', `${folder} cannot be read`, { cause });
  }
}

/** Files by the names that annotations have for them; folders are listed once. */
export class FileFinder {
  readonly #listings = new Map<string, Promise<Listing>>();

  /**
   * Path of a file as the disk spells it: accents may be composed or not.
   * @param name relative, with slashes; must not lead out of the folder
   */
  async find(folder: string, name: string): Promise<string | undefined> {
    const { place, base } = (await this.#enter(folder, name)) ?? {};
    const found = base && (await this.#list(place!)).names.get(base.normalize());
    return found && path.join(place!, found);
  }

  /** As {@link find}, or else the only file whose name differs in the case of its extension. */
  async findAlike(folder: string, name: string): Promise<string | undefined> {
    const { place, base } = (await this.#enter(folder, name)) ?? {};
    if (base === undefined) return undefined;
    const { names, shouted } = await this.#list(place!);
    const found = names.get(base.normalize()) ?? shouted.get(base.normalize());
    return found && path.join(place!, found);
  }

  /** Paths of images by their name without extension. */
  async findStem(folder: string, stem: string): Promise<string[]> {
    const { place, base } = (await this.#enter(folder, stem)) ?? {};
    const found = (base && (await this.#list(place!)).stems.get(base.normalize())) || [];
    return found.map((name) => path.join(place!, name));
  }

  async #enter(folder: string, name: string): Promise<{ place: string; base: string } | undefined> {
    const parts = path.posix.normalize(name).split('/');
    let place = folder;
    for (const part of parts.slice(0, -1)) {
      const found = (await this.#list(place)).names.get(part.normalize());
      if (found === undefined) return undefined;
      place = path.join(place, found);
    }
    return { place, base: parts.at(-1)! };
  }

  #list(folder: string): Promise<Listing> {
    const known = this.#listings.get(folder);
    if (known) return known;
    const listing = listFiles(folder);
    this.#listings.set(folder, listing);
    return listing;
  }
}

/** Names in a folder by their composed form. */
interface Listing {
  names: ReadonlyMap<string, string>;
  /** Those with capitals in the extension, by the name with a lower-case one. */
  shouted: ReadonlyMap<string, string>;
  /** Images only, by their names without extension. */
  stems: ReadonlyMap<string, string[]>;
}

async function listFiles(folder: string): Promise<Listing> {
  const names = new Map<string, string>();
  const shouted = new Map<string, string>();
  const stems = new Map<string, string[]>();
  for (const name of await listFolder(folder)) {
    const composed = name.normalize();
    names.set(composed, name);
    const quiet = composed.replace(/\.[^.]*$/, (extension) => extension.toLowerCase());
    if (quiet !== composed) shouted.set(quiet, name);
    if (!isImageName(name)) continue;
    const stem = withoutImageExtension(name).normalize();
    const others = stems.get(stem);
    if (others) others.push(name);
    else stems.set(stem, [name]);
  }
  return { names, shouted, stems };
}
