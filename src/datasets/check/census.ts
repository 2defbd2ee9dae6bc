/** The census: every visible file of a dataset is used, or a finding says that it is not. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { isImageName } from '../../image/image-names.ts';
import { isFolder, isInside, relativeName } from '../dataset-files.ts';
import type { DatasetSource } from '../dataset-source.ts';
import type { Dataset, DatasetFormat, Finding } from '../dataset-types.ts';
import { walkFiles } from '../folders.ts';
import { groupBy } from '../group-by.ts';
import type { FindingCode, Report } from './findings.ts';

/** What annotation files of one image are called; other formats have one file for all. */
const LABEL_NAMES: Partial<Record<DatasetFormat, RegExp>> = {
  voc: /\.xml$/i,
  yolo: /(^|[/\\])labels[/\\].*\.txt$/i,
  labelme: /\.json$/i,
};

/**
 * Reports the files that nothing uses and no finding names; a folder of them is one finding. A dataset that
 * is a single file lies in the folders of its images too, which may have others for other files.
 * @param splits all splits of the source, as read
 * @param findings so far
 */
export async function checkCensus(
  { files, folders, format, isFile }: DatasetSource,
  splits: readonly Dataset[],
  findings: readonly Finding[],
  report: Report,
): Promise<void> {
  const images = splits.flatMap((split) => split.images);
  const named = [
    ...files,
    ...images.flatMap(({ path: file, annotationPath }) => [file, annotationPath]),
    ...findings.flatMap(({ file }) => file ?? []),
  ];
  const placeName = placeNames();
  const used = new Set(named.map(placeName));
  // Asking the disk about every file takes long, and most are not links.
  let behindLinks: { known: Set<string>; busy: Set<string> } | undefined;
  const reportLink: Report = (code, message, place) => {
    if (!used.has(placeName(place.file!))) report(code, message, place);
  };
  const idle = new Map<string, string[]>();
  const beside: string[] = [];
  const places = isFile
    ? outermost([...folders, ...images.map(({ path: file }) => path.dirname(file))])
    : folders;
  for (const folder of places) {
    if (!(await isFolder(folder))) continue;
    for (const file of await walkFiles(folder, reportLink)) {
      if (used.has(placeName(file))) continue;
      behindLinks ??= realNames(named);
      const { known, busy } = behindLinks;
      const real = realName(file);
      if (known.has(real)) continue;
      known.add(real);
      const place = idleFolder(folder, file, busy);
      if (place === undefined && isFile) beside.push(file);
      else if (place === undefined) reportFile(file, format, report);
      else if (idle.has(place)) idle.get(place)!.push(file);
      else idle.set(place, [file]);
    }
  }
  const reportFolder = (what: string, folder: string, unused: readonly string[]) => {
    const example = relativeName(folder, unused[0]);
    const message = `${what} used: ${unused.length} files such as ${example}`;
    const codes = unused.map((file) => codeOf(file, format));
    const code = codes.find((found) => found === 'unused-label') ?? codes[0];
    report(code, message, { file: folder });
  };
  for (const [folder, unused] of idle) {
    reportFolder(`nothing in the folder ${path.basename(folder)} is`, folder, unused);
  }
  for (const group of groupBy(beside, (file) => `${path.dirname(file)}\n${codeOf(file, format)}`)) {
    const folder = path.dirname(group[1][0]);
    reportFolder(`not all of the folder ${path.basename(folder)} is`, folder, group[1]);
  }
}

/** Folders that lie in no other of them. */
function outermost(folders: readonly string[]): string[] {
  const distinct = [...new Set(folders)];
  return distinct.filter((folder) => !distinct.some((other) => isInside(other, folder)));
}

/** A function that names a file the same behind any linked folders. */
function placeNames(): (file: string) => string {
  const folders = new Map<string, string>();
  return (file) => {
    const folder = path.dirname(file);
    const real = folders.get(folder) ?? realName(folder);
    folders.set(folder, real);
    return path.join(real, path.basename(file));
  };
}

function realNames(files: readonly string[]): { known: Set<string>; busy: Set<string> } {
  const known = new Set(files.map(realName));
  return { known, busy: new Set([...known].flatMap(parents)) };
}

/** The same name for a file behind any links. */
function realName(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return file;
  }
}

function parents(file: string): string[] {
  const folders: string[] = [];
  for (let at = path.dirname(file); at !== path.dirname(at); at = path.dirname(at)) {
    folders.push(at);
  }
  return folders;
}

/** The highest folder between `root` and a file in which nothing is used. */
function idleFolder(root: string, file: string, busy: ReadonlySet<string>): string | undefined {
  let idle: string | undefined;
  for (let at = path.dirname(file); at !== root; at = path.dirname(at)) {
    if (busy.has(realName(at))) break;
    idle = at;
  }
  return idle;
}

function codeOf(file: string, format: DatasetFormat): FindingCode {
  if (isImageName(file)) return 'unlabeled-image';
  return LABEL_NAMES[format]?.test(file) ? 'unused-label' : 'unused-file';
}

const REASONS: Partial<Record<FindingCode, string>> = {
  'unlabeled-image': 'no annotation that is read belongs to this image',
  'unused-label': 'no image that is read belongs to these labels',
  'unused-file': 'nothing reads this file',
};

function reportFile(file: string, format: DatasetFormat, report: Report): void {
  const code = codeOf(file, format);
  report(code, REASONS[code]!, { file });
}
