/** Lists of image names in ImageSets/Main, as different tools write them. */
import path from 'node:path';
import { isImageName, withoutImageExtension } from '../../image/image-names.ts';
import type { Report } from '../check/findings.ts';
import { confinedPath } from '../dataset-files.ts';
import { isHidden } from '../folders.ts';
import { readTextOrReport } from '../read-text.ts';
import { splitLines } from '../split-lines.ts';

/** The second column of a list of one class: whether the image shows it. */
const COLUMN = /\s+-?[01]$/;
const QUOTED = /^(["'])(.*)\1$/;

/** Annotations by their path without extension, accents composed. */
export type AnnotationFiles = ReadonlyMap<string, string>;

/**
 * Ids of the images that a split lists, each once. A line may be quoted, end in an extension or a
 * column of numbers, and a name may contain all of these: the reading for which there is an
 * annotation wins.
 */
export async function readIds(
  lists: readonly string[],
  annotations: string,
  files: AnnotationFiles,
  report: Report,
): Promise<string[]> {
  const ids = new Set<string>();
  for (const file of lists) {
    const text = await readTextOrReport(file, report);
    for (const [index, raw] of splitLines(text ?? '').entries()) {
      const place = { file, line: index + 1 };
      const line = raw.trim().replaceAll('\\', '/');
      if (line === '' || isHidden(path.posix.basename(line))) continue;
      const [id, ...others] = readings(line, files);
      if (others.length > 0) {
        const message = `"${line}" may be ${[id, ...others].map((name) => `"${name}"`).join(' or ')}`;
        report('ambiguous-name', message, place);
      } else if (!confinedPath(annotations, `${id}.xml`)) {
        report('unsafe-path', `image name "${id}" leaves the dataset`, place);
      } else if (!ids.has(id)) {
        ids.add(id);
      } else if (lists.length === 1) {
        report('repeated-image', `image "${id}" is listed twice`, place);
      }
    }
  }
  return [...ids];
}

/** What a line may mean: all readings with an annotation, else the usual one. */
function readings(line: string, files: AnnotationFiles): string[] {
  const texts = new Set([line, line.replace(COLUMN, '').trimEnd()].flatMap(unquoted));
  const names = new Set([...texts].flatMap((text) => [text, withoutKnownExtension(text)]));
  const found = [...names].filter((name) => files.has(name.normalize()));
  if (found.length > 0) return found;
  // Lists of other tools have paths to the images.
  const bases = new Set([...names].map((name) => name.replace(/^.*\//s, '')));
  const byBase = [...bases].filter((name) => files.has(name.normalize()));
  return byBase.length > 0 ? byBase : [withoutKnownExtension([...texts].at(-1)!)];
}

function unquoted(text: string): string[] {
  const inside = QUOTED.exec(text)?.[2];
  return inside === undefined ? [text] : [text, inside];
}

function withoutKnownExtension(name: string): string {
  return isImageName(name) ? withoutImageExtension(name) : name.replace(/\.xml$/i, '');
}
