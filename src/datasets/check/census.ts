/** The census: every visible file of a dataset is used, or a finding says that it is not. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { isImageName } from '../../image/image-names.ts';
import { isFolder, relativeName } from '../dataset-files.ts';
import type { DatasetSource } from '../dataset-source.ts';
import type { Dataset, DatasetFormat, Finding } from '../dataset-types.ts';
import { walkFiles } from '../folders.ts';
import type { FindingCode, Report } from './findings.ts';

/** What annotation files of one image are called; other formats have one file for all. */
const LABEL_NAMES: Partial<Record<DatasetFormat, RegExp>> = {
  voc: /\.xml$/i,
  yolo: /(^|[/\\])labels[/\\].*\.txt$/i,
  labelme: /\.json$/i,
};

/**
 * Reports the files that nothing uses and no finding names; a folder of them is one finding.
 * @param splits all splits of the source, as read
 * @param findings so far
 */
export async function checkCensus(
  { files, folders, format }: DatasetSource,
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
  const places = new Set(named.map(placeName));
  // Asking the disk about every file takes long, and most are not links.
  let behindLinks: { known: Set<string>; busy: Set<string> } | undefined;
  const idle = new Map<string, string[]>();
  for (const folder of folders) {
    if (!(await isFolder(folder))) continue;
    for (const file of await walkFiles(folder)) {
      if (places.has(placeName(file))) continue;
      behindLinks ??= realNames(named);
      const { known, busy } = behindLinks;
      const real = realName(file);
      if (known.has(real)) continue;
      known.add(real);
      const place = idleFolder(folder, file, busy);
      if (place === undefined) reportFile(file, format, report);
      else if (idle.has(place)) idle.get(place)!.push(file);
      else idle.set(place, [file]);
    }
  }
  for (const [folder, unused] of idle) {
    const code = codeOf(unused[0], format);
    const name = path.basename(folder);
    const example = relativeName(folder, unused[0]);
    const message = `nothing in the folder ${name} is used: ${unused.length} files such as ${example}`;
    report(code, message, { file: folder });
  }
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
