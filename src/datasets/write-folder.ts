/** Writing a folder so that it appears complete or not at all, and never over something else. */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { RefineDetError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { writeError } from '../write-error.ts';
import { entryKind, isInside } from './dataset-files.ts';
import { openDataset } from './load-dataset.ts';

export interface FolderOptions {
  /** Replace an existing folder, if it is empty or holds a dataset. Default false. */
  overwrite?: boolean;
  /** Absolute files that must not be replaced: what is being converted. */
  originals: readonly string[];
}

/**
 * Calls `write` with an empty folder beside `folder` and renames it when it succeeds; on failure
 * nothing is left behind.
 * @throws FILE_WRITE when the folder exists, is not a dataset or cannot be written, INVALID_OPTION
 *   when it holds an original
 */
export async function writeFolder<T>(
  folder: string,
  { overwrite = false, originals }: FolderOptions,
  write: (folder: string) => Promise<T>,
): Promise<T> {
  const target = path.resolve(folder);
  const original = originals.find((file) => file === target || isInside(target, file));
  if (original) {
    throw new RefineDetError('INVALID_OPTION', `${target} holds the original ${original}`);
  }
  const exists = (await entryKind(target)) !== 'missing';
  if (exists) await checkReplaceable(target, overwrite);

  const part = `${target}.part-${randomUUID()}`;
  try {
    await makeFolder(part);
    const result = await write(part);
    if (exists) await exchange(part, target);
    else await rename(part, target);
    return result;
  } catch (cause) {
    // Tidying up must not hide what went wrong.
    await rm(part, { recursive: true, force: true }).catch(() => {});
    if (cause instanceof RefineDetError) throw cause;
    throw writeError(target, cause);
  }
}

/** Puts `part` in the place of `target`, which stays if that fails. */
async function exchange(part: string, target: string): Promise<void> {
  const old = `${target}.old-${randomUUID()}`;
  await rename(target, old);
  try {
    await rename(part, target);
  } catch (cause) {
    await rename(old, target);
    throw cause;
  }
  await rm(old, { recursive: true, force: true });
}

async function checkReplaceable(target: string, overwrite: boolean): Promise<void> {
  if (!overwrite) {
    throw new RefineDetError('FILE_WRITE', `${target} exists already; overwrite is not set`);
  }
  try {
    // Hidden files count: they are not to be lost.
    if ((await readdir(target)).length === 0) return;
    await openDataset(target);
  } catch (cause) {
    const message = `${target} is not replaced because it does not look like a dataset`;
    throw new RefineDetError('FILE_WRITE', message, { cause });
  }
}
