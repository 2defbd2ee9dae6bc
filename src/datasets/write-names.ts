/** File names of written images. */
import path from 'node:path';
import { withoutExtension } from './dataset-files.ts';
import type { DatasetImage } from './dataset-types.ts';

/**
 * A name for each image, distinct even without extension and in any case of letters, because the
 * annotation file is named after it. An image that occurs twice keeps one name.
 * @param images of one folder
 */
export function distinctNames(images: readonly DatasetImage[]): Map<DatasetImage, string> {
  const names = new Map<DatasetImage, string>();
  const byPath = new Map<string, string>();
  const used = new Set<string>();
  for (const image of images) {
    let name = byPath.get(image.path);
    if (name === undefined) {
      name = distinct(image.fileName, used);
      byPath.set(image.path, name);
    }
    names.set(image, name);
  }
  return names;
}

function distinct(name: string, used: Set<string>): string {
  const stem = withoutExtension(name);
  let candidate = stem;
  for (let n = 2; used.has(candidate.toLowerCase()); n++) candidate = `${stem}_${n}`;
  used.add(candidate.toLowerCase());
  return candidate + path.extname(name);
}
