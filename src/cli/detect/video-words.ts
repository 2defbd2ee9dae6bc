/** Whether the command line names videos, and options that make no sense then. */
import path from 'node:path';
import { isDynamicPattern } from 'tinyglobby';
import { isFile, isFolder } from '../../datasets/dataset-files.ts';
import { listFolder, walkFiles } from '../../datasets/folders.ts';
import { RefineDetError } from '../../errors.ts';
import { isDecodableName } from '../../image/image-names.ts';
import { isAddress, isVideoName } from '../../video/video-source.ts';
import { compareNames, globFiles, isAnnotatedName, isUrl } from '../inputs.ts';
import { VIDEO_FORMATS } from '../output/video-formats.ts';
import { DETECT_OPTIONS, type DetectFlags } from './detect-command-options.ts';

const VIDEO_FLAGS = Object.keys(DETECT_OPTIONS['Video:']) as (keyof DetectFlags)[];
/** Milliseconds to wait for the type of a URL. */
const ANSWER_TIME = 10_000;
const VIDEO_TYPE =
  /^(video\/|multipart\/x-mixed-replace|application\/(dash\+xml|(vnd\.apple|x)\.?-?mpegurl))/i;

/**
 * Returns the videos that the words name, undefined for images.
 * @throws USAGE for videos beside images, and for options of the other kind; FILE_NOT_FOUND
 */
export async function videoWords(
  words: readonly string[],
  flags: DetectFlags,
): Promise<string[] | undefined> {
  const given = VIDEO_FLAGS.find((name) => flags[name] !== undefined);
  /** By the path, which may be written in several ways. */
  const videos = new Map<string, string>();
  const others: string[] = [];
  for (const word of words) {
    const found = await videosOf(word, flags, given !== undefined, words.length === 1);
    if (found.length === 0) others.push(word);
    for (const video of found) videos.set(isAddress(video) ? video : path.resolve(video), video);
  }
  const [video] = videos.values();
  if (video === undefined) {
    if (given) throw new RefineDetError('USAGE', `--${dashed(given)} is for videos`);
    return undefined;
  }
  if (others.length > 0) {
    const message = `${video} is a video, and ${others[0]} is not: detect in one kind at a time`;
    throw new RefineDetError('USAGE', message);
  }
  checkFlags(flags);
  return [...videos.values()];
}

/** @throws USAGE */
function checkFlags({ fastDecode, format, events, zones, start = 0, end }: DetectFlags): void {
  const wrong = (message: string) => new RefineDetError('USAGE', message);
  if (fastDecode) throw wrong('--fast-decode is for images, not for videos');
  const formats = Object.keys(VIDEO_FORMATS);
  if (format && !formats.includes(format)) {
    throw wrong(`--format ${format} is for images; for videos: ${formats.join(', ')}`);
  }
  if (end !== undefined && end <= start) throw wrong('--end must be after --start');
  if (events && !zones) throw wrong('--events needs --zones, the lines and zones to watch');
}

/**
 * Videos that one word names; none for images.
 * @param isAsked whether an option for videos is given
 * @param isOnly whether it is the only word
 */
async function videosOf(
  word: string,
  { recursive }: DetectFlags,
  isAsked: boolean,
  isOnly: boolean,
): Promise<string[]> {
  if (await isFolder(word)) return folderVideos(word, recursive === true, isAsked);
  if (await isPattern(word)) return patternVideos(word, isAsked);
  if (isVideoName(word)) return [word];
  if (!isOnly || word === '-' || isDecodableName(word)) return [];
  return isAsked || (await servesVideo(word)) ? [word] : [];
}

/** Videos of a folder that has no images, or where videos are asked for. */
async function folderVideos(
  folder: string,
  recursive: boolean,
  isAsked: boolean,
): Promise<string[]> {
  const listed = recursive ? await walkFiles(folder) : await listFolder(folder);
  const files = listed.filter((file) => !isAnnotatedName(file));
  if (!isAsked && files.some(isDecodableName)) return [];
  const videos = files.filter(isVideoName).sort(compareNames);
  return recursive ? videos : videos.map((name) => path.join(folder, name));
}

/** Whether a word is a pattern; a file of this name wins, and addresses are none. */
async function isPattern(word: string): Promise<boolean> {
  return !isAddress(word) && isDynamicPattern(word) && !(await isFile(word));
}

/** Videos that match a pattern which matches no images, or where videos are asked for. */
async function patternVideos(word: string, isAsked: boolean): Promise<string[]> {
  const files = await globFiles(word);
  if (files.length === 0 && isVideoName(word)) {
    throw new RefineDetError('FILE_NOT_FOUND', `no file matches ${word}`);
  }
  return !isAsked && files.some(isDecodableName) ? [] : files.filter(isVideoName);
}

/** Whether a URL without a telling name leads to a video, by the type that the server states. */
async function servesVideo(word: string): Promise<boolean> {
  if (!isUrl(word) || !URL.canParse(word)) return false;
  // Only ffmpeg takes a user's name and password from an address.
  if (new URL(word).username !== '' || new URL(word).password !== '') return true;
  try {
    const response = await fetch(word, { signal: AbortSignal.timeout(ANSWER_TIME) });
    const type = response.headers.get('content-type') ?? '';
    await response.body?.cancel();
    return response.ok && VIDEO_TYPE.test(type);
  } catch {
    return false; // reading it as an image tells why
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
