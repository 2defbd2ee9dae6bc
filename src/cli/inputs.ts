/** From the words of the command line to images: files, folders, globs, URLs, standard input. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { glob, isDynamicPattern } from 'tinyglobby';
import { readBytes } from '#platform';
import { listFolder, walkFiles } from '../datasets/folders.ts';
import { RefineDetError } from '../errors.ts';
import { isDecodableName, withoutImageExtension } from '../image/image-names.ts';
import { withoutPassword } from '../without-password.ts';

/** One image to detect objects in. */
export interface Image {
  /** Name in results and messages: the path or URL as given, or `-`. */
  file: string;
  /** Path without extension, relative to the folder of the results. */
  stem: string;
}

/** An image, or the reason why a word of the command line gives none. */
export type Input = Image | { error: RefineDetError };

export const STDIN = '-';

/** Other names of the standard input. Opened anew, it may not be there: sockets, pipes of others. */
const STDIN_PATHS = ['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'];

/** Distinguishes an annotated image from its original, also in the same folder. */
export const ANNOTATED_MARK = '.detected';
/** Whether a file is the annotated copy of another one. */
export const isAnnotatedName = (name: string): boolean =>
  /\.detected\.(jpg|png|mp4|mov|mkv)$/.test(name);

/** Natural order, the same on every machine: frame 2 before frame 10. */
export const { compare: compareNames } = new Intl.Collator('en', { numeric: true });

/**
 * Images in the order of the words. Images of a folder or a glob are sorted by name, without annotated
 * copies of earlier runs. An image that several words name is used once.
 * @param recursive also read the folders inside folders
 */
export async function expandInputs(words: readonly string[], recursive = false): Promise<Input[]> {
  const inputs = new Map<string, Input>();
  for (const word of words) {
    for (const input of await expand(word, recursive)) {
      const key = 'error' in input ? word : isUrl(input.file) ? input.file : fileKey(input.file);
      if (!inputs.has(key)) inputs.set(key, input);
    }
  }
  return [...inputs.values()];
}

/** Whether a word can only mean an image, not the folder or the number of an option. */
export async function isImageWord(word: string): Promise<boolean> {
  return (
    word === STDIN || isUrl(word) || isDynamicPattern(word) || (await inputKind(word)) === 'file'
  );
}

/** Pipes and devices count as files, because the user names them and they can be read to the end. */
async function inputKind(file: string): Promise<'file' | 'folder' | 'missing'> {
  try {
    return (await stat(file)).isDirectory() ? 'folder' : 'file';
  } catch {
    return STDIN_PATHS.includes(file) ? 'file' : 'missing';
  }
}

async function expand(word: string, recursive: boolean): Promise<Input[]> {
  if (word === STDIN) return [{ file: STDIN, stem: 'stdin' }];
  if (isUrl(word)) {
    if (!URL.canParse(word)) return none(`${withoutPassword(word)} is not a valid URL`);
    return [{ file: word, stem: urlStem(word) }];
  }
  const name = /^file:\/\//i.test(word) ? fileURLToPath(word) : word;
  switch (await inputKind(name)) {
    case 'file':
      return [{ file: name, stem: withoutImageExtension(path.basename(name)) }];
    case 'folder':
      return folderImages(name, recursive);
    default:
      return isDynamicPattern(name) ? globImages(name) : none(`no file or folder ${name}`);
  }
}

async function folderImages(folder: string, recursive: boolean): Promise<Input[]> {
  let names: string[];
  try {
    const files = recursive ? await walkFiles(folder) : await listFolder(folder, true);
    names = recursive ? files.map((file) => path.relative(folder, file)) : files;
  } catch (cause) {
    return none(`the folder ${folder} cannot be read`, cause);
  }
  const images = names
    .filter((name) => isDecodableName(name) && !isAnnotatedName(name))
    .sort(compareNames);
  if (images.length > 0) {
    return images.map((name) => ({
      file: path.join(folder, name),
      stem: withoutImageExtension(name),
    }));
  }
  const hint = recursive ? '' : '; --recursive also reads the folders inside';
  return none(`the folder ${folder} has no JPEG, PNG or WebP images${hint}`);
}

/** Files that match a pattern, without annotated copies of earlier runs. */
export async function globFiles(pattern: string): Promise<string[]> {
  // Globs have slashes on every system.
  const portable = path.sep === '\\' ? pattern.replaceAll('\\', '/') : pattern;
  const found = await glob(portable, {
    expandDirectories: false,
    absolute: path.isAbsolute(pattern),
  });
  return found.filter((file) => !isAnnotatedName(file)).sort(compareNames);
}

async function globImages(pattern: string): Promise<Input[]> {
  const files = await globFiles(pattern);
  if (files.length === 0) return none(`no file matches ${pattern}`);
  return files.map((file) => ({ file, stem: withoutImageExtension(path.basename(file)) }));
}

function none(message: string, cause?: unknown): Input[] {
  return [{ error: new RefineDetError('FILE_NOT_FOUND', message, { cause }) }];
}

/**
 * The bytes of an image file.
 * @throws FILE_NOT_FOUND, FETCH_FAILED, ABORTED
 */
export async function readImage({ file }: Image, signal?: AbortSignal): Promise<Uint8Array> {
  const isStdin = file === STDIN || STDIN_PATHS.includes(file);
  return isStdin ? buffer(process.stdin) : readBytes(file, signal);
}

/** Key that is the same for two names of one file. */
function fileKey(file: string): string {
  return file === STDIN ? file : path.resolve(file);
}

export function isUrl(word: string): boolean {
  return /^https?:\/\//i.test(word);
}

/** Last part of a URL's path, safe as a file name: without separators and leading dots. */
function urlStem(url: string): string {
  const name = unescaped(new URL(url).pathname.split('/').at(-1) ?? '');
  return (
    withoutImageExtension(name)
      .normalize()
      .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '_')
      .replace(/^\.+/, '') || 'image'
  );
}

/** Letters beyond ASCII, which are escaped in a URL. */
function unescaped(text: string): string {
  return text.replace(/(%[89a-f][0-9a-f])+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
