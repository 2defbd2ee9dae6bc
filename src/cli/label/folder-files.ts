/** The files of a folder that may be served: none outside of it, not even through a link. */
import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { confinedPath, entryKind, isInside } from '../../datasets/dataset-files.ts';
import { isHidden, isHiddenPath } from '../../datasets/folders.ts';
import { RefineDetError } from '../../errors.ts';

/**
 * Visible files below a folder. Links count where they lead to a file inside; linked folders do not.
 * @param root real path
 * @returns absolute paths, sorted
 */
export async function filesBelow(root: string): Promise<string[]> {
  const files: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await visibleEntries(folder)) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) await visit(file);
      else if (entry.isFile() || (await isLinkInside(root, file))) files.push(file);
    }
  };
  await visit(root);
  return files.sort();
}

async function visibleEntries(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter(({ name }) => !isHidden(name));
  } catch (cause) {
    throw new RefineDetError('FILE_NOT_FOUND', `${folder} cannot be read`, { cause });
  }
}

async function isLinkInside(root: string, file: string): Promise<boolean> {
  if ((await entryKind(file)) !== 'file') return false;
  return isInside(root, await realpath(file));
}

/**
 * Absolute path of a visible file that a client names.
 * @param root real path
 * @throws FORBIDDEN for a name or a link that leads out of the folder
 */
export async function insidePath(root: string, name: string): Promise<string> {
  const file = confinedPath(root, name);
  if (!file || isHiddenPath(path.relative(root, file))) throw outside(name);
  const folder = await nearestFolder(path.dirname(file));
  const real = await realpath(file).catch(() => path.join(folder, path.basename(file)));
  if (folder !== root && !isInside(root, folder)) throw outside(name);
  if (!isInside(root, real)) throw outside(name);
  return file;
}

/** Real path of the folder, or of the nearest one above it that exists. */
async function nearestFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch {
    return nearestFolder(path.dirname(folder));
  }
}

const outside = (name: string) =>
  new RefineDetError('FORBIDDEN', `${JSON.stringify(name)} is not inside the folder`);
