/** File names of written images. */
import path from 'node:path';
import { isImageName } from '../image/image-names.ts';
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
      name = distinct(plainName(image.fileName), used);
      byPath.set(image.path, name);
    }
    names.set(image, name);
  }
  return names;
}

/** A name that every reader takes for an image: not hidden, no separators of other systems. */
function plainName(name: string): string {
  const parts = name.replaceAll('\\', '_').split('/');
  return parts.map((part) => part.replace(/^\.+/, '_')).join('/');
}

function distinct(name: string, used: Set<string>): string {
  const whole = withoutExtension(name);
  // Behind `a.jpg` of `a.jpg.png` a reader of a list looks for `a`.
  const isOther = isImageName(whole) || /\.xml$/i.test(whole);
  const stem = isOther ? whole.replace(/\.(?=[^.]*$)/, '_') : whole;
  let candidate = stem;
  for (let n = 2; used.has(candidate.toLowerCase()); n++) candidate = `${stem}_${n}`;
  used.add(candidate.toLowerCase());
  return candidate + path.extname(name);
}
