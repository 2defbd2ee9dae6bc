/** Videos of MOTChallenge on disk: `NAME/gt/gt.txt` or `NAME/gt.txt`, and the files of a tracker. */
import path from 'node:path';
import { entryKind, isFile } from '../../datasets/dataset-files.ts';
import { listFolder } from '../../datasets/folders.ts';
import { RefineDetError } from '../../errors.ts';
import type { MotVideo } from './evaluate-mot.ts';
import { readMotBoxes } from './mot-boxes.ts';

const TRUTH_FILES = ['gt/gt.txt', 'gt.txt'];

/**
 * Reads ground truth and tracks.
 * @param data ground truth file of one video, its folder, or a folder of such folders
 * @param tracks file of one video, or a folder with `NAME.txt` or `NAME/test.txt` for each video
 * @throws FILE_NOT_FOUND, USAGE, or PREDICTIONS_FORMAT naming file and line
 */
export async function readMotVideos(data: string, tracks: string): Promise<MotVideo[]> {
  const truthFiles = await findTruth(data);
  if (truthFiles.size > 1 && (await entryKind(tracks)) === 'file') {
    throw new RefineDetError(
      'USAGE',
      `${tracks} is one file, but ${data} has ${truthFiles.size} videos: give a folder with NAME.txt of each`,
    );
  }
  const videos: MotVideo[] = [];
  for (const [name, file] of truthFiles) {
    const trackFile = await firstFile([
      tracks,
      path.join(tracks, `${name}.txt`),
      path.join(tracks, name, 'test.txt'),
    ]);
    if (!trackFile) {
      throw new RefineDetError(
        'FILE_NOT_FOUND',
        `no tracks of ${name} in ${tracks} (looked for ${name}.txt)`,
      );
    }
    videos.push({ name, truth: await readMotBoxes(file), tracks: await readMotBoxes(trackFile) });
  }
  return videos;
}

/** Maps the names of the videos to their ground truth files. */
async function findTruth(data: string): Promise<Map<string, string>> {
  const own = await firstFile([data, ...TRUTH_FILES.map((file) => path.join(data, file))]);
  if (own) return new Map([[videoName(own), own]]);
  const found = new Map<string, string>();
  for (const name of await listFolder(data)) {
    const file = await firstFile(TRUTH_FILES.map((truth) => path.join(data, name, truth)));
    if (file) found.set(name, file);
  }
  if (found.size > 0) return found;
  throw new RefineDetError(
    'FILE_NOT_FOUND',
    `no ground truth of tracks in ${data} (looked for ${TRUTH_FILES.join(' or ')})`,
  );
}

async function firstFile(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if (await isFile(file)) return file;
  return undefined;
}

/** Returns the name of the video's folder, the parent of `gt`. */
function videoName(file: string): string {
  const folder = path.dirname(path.resolve(file));
  return path.basename(path.basename(folder) === 'gt' ? path.dirname(folder) : folder);
}
