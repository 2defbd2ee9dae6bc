/** Creates folders with all their parents, in Node. */
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Like `mkdir` with `recursive`, which never returns in Node 20 where a parent exists but answers
 * ENOENT to new folders, like /proc.
 * @throws the file system's error: EACCES, EEXIST, ENOTDIR, ENOENT, ENOSPC, EROFS
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOne(folder);
  } catch (error) {
    const parent = path.dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error;
    await makeFolder(parent);
    await makeOne(folder);
  }
}

/** Ignores that the folder exists: another process may have just created it. */
async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (!exists || !(await stat(folder)).isDirectory()) throw error;
  }
}
