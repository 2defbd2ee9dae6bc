/** Files and folders of datasets, whose names come from foreign annotation files. */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { mapConcurrently } from '../concurrency.ts';
import { RefineDetError } from '../errors.ts';
import { decodeText, EncodingError, hasLostCharacters } from './decode-text.ts';
import { withoutExtension } from './file-names.ts';

export { mapConcurrently, withoutExtension };

/** Lists of a million images are smaller; a larger file would only fill the memory. */
const MAX_TEXT_BYTES = 64 * 2 ** 20;
/** Far above any file of one image's annotations, which take many times their size once read. */
export const MAX_ANNOTATION_BYTES = 16 * 2 ** 20;

/**
 * Absolute path of a file named by an annotation, or undefined when the name is absolute, leaves
 * `folder` or holds a NUL. Backslashes are taken as separators. Links are not followed to check.
 */
export function confinedPath(folder: string, name: string): string | undefined {
  const relative = name.replaceAll('\\', '/');
  if (relative === '' || relative.includes('\0')) return undefined;
  if (path.isAbsolute(relative) || path.win32.isAbsolute(relative)) return undefined;
  const resolved = path.resolve(folder, relative);
  return isInside(folder, resolved) ? resolved : undefined;
}

/** Whether an absolute path lies strictly below a folder. */
export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return (
    relative !== '' &&
    relative !== '..' &&
    !relative.startsWith(`..${path.sep}`) &&
    !path.isAbsolute(relative)
  );
}

/** Relative path with forward slashes. */
export function relativeName(folder: string, file: string): string {
  return path.relative(folder, file).replaceAll(path.sep, '/');
}

/** Pipes and devices count as missing: reading them might never end. */
type EntryKind = 'file' | 'folder' | 'missing';

export async function entryKind(file: string): Promise<EntryKind> {
  try {
    const entry = await stat(file);
    if (entry.isDirectory()) return 'folder';
    return entry.isFile() ? 'file' : 'missing';
  } catch {
    return 'missing';
  }
}

export const isFolder = async (file: string): Promise<boolean> =>
  (await entryKind(file)) === 'folder';
export const isFile = async (file: string): Promise<boolean> => (await entryKind(file)) === 'file';

/** How a text file is read. */
export interface TextOptions {
  /** Most bytes. Default 64 MiB. */
  limit?: number;
  /** Whether an XML declaration may say the encoding. */
  isXml?: boolean;
}

/**
 * Text of a small annotation file, without byte order mark.
 * @throws FILE_NOT_FOUND, or DATASET_FORMAT when it has more than `limit` bytes or, caused by an
 *   EncodingError, when characters would be lost
 */
export async function readText(
  file: string,
  { limit = MAX_TEXT_BYTES, isXml }: TextOptions = {},
): Promise<string> {
  const bytes = await readBytes(file, limit);
  try {
    return decodeText(bytes, isXml);
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw new RefineDetError('DATASET_FORMAT', `${file}: ${cause.message}`, { cause });
  }
}

/**
 * All bytes of a file.
 * @throws FILE_NOT_FOUND, or DATASET_FORMAT when it has more than `limit` bytes
 */
export async function readBytes(file: string, limit: number): Promise<Buffer> {
  return readRegular(file, (size) => {
    if (size <= limit) return size;
    throw new RefineDetError('DATASET_FORMAT', `${file} is too large: ${size} bytes`);
  });
}

/**
 * The first bytes of a file, `count` at most.
 * @throws FILE_NOT_FOUND
 */
export async function readStart(file: string, count: number): Promise<Buffer> {
  return readRegular(file, (size) => Math.min(size, count));
}

/** The first bytes of a file as text that can be searched for words, in any Unicode encoding. */
export async function readStartText(file: string, count: number): Promise<string> {
  const text = (await readStart(file, count)).toString('latin1');
  return text.replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '').replaceAll('\0', '');
}

/** The only file that looks right, of those with a name that may be right; undefined if there are several. */
export async function onlyFile(
  folder: string,
  names: readonly string[],
  looksRight: (file: string) => Promise<boolean>,
): Promise<string | undefined> {
  const files = names.map((name) => path.join(folder, name));
  const flags = await mapConcurrently(files, looksRight);
  const found = files.filter((_, i) => flags[i]);
  return found.length === 1 ? found[0] : undefined;
}

/** @param share how many bytes of a file of some size are wanted */
async function readRegular(file: string, share: (size: number) => number): Promise<Buffer> {
  try {
    const handle = await open(file, WITHOUT_WAITING);
    try {
      const entry = await handle.stat();
      if (!entry.isFile()) throw new Error('not a regular file');
      return await readBuffer(handle, Buffer.allocUnsafe(share(entry.size)));
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof RefineDetError) throw cause;
    const reason = hasLostCharacters(file) ? ': its name is not UTF-8' : '';
    throw new RefineDetError('FILE_NOT_FOUND', `${file} cannot be read${reason}`, { cause });
  }
}

/** Opening a pipe that nobody writes to would never end. */
const WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** What of a buffer a file fills: it may have been cut since. */
async function readBuffer(handle: FileHandle, buffer: Buffer): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
