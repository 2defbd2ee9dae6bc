/** File names in the links by which Label Studio's tasks refer to images. */
import { isImageName } from '../../image/image-names.ts';
import { isRecord } from '../../json.ts';

/** An upload gets a random prefix: `8a7b6c5d-cat.jpg`. */
const UPLOAD_PREFIX = /(^|\/)[0-9a-f]{8}-(?=[^/]+$)/;

/** Names that the image of a task may have on disk, most likely first. */
export function taskImageNames(data: unknown): string[] {
  if (!isRecord(data)) return [];
  const texts = Object.values(data).filter((value) => typeof value === 'string');
  const names = texts.map(linkedName);
  const name =
    names.find(isImageName) ?? (typeof data['image'] === 'string' ? names[0] : undefined);
  if (name === undefined) return [];
  return [...new Set([name, name.replace(UPLOAD_PREFIX, '$1')])];
}

/** `/data/local-files/?d=cats/a.jpg` → `cats/a.jpg`; of other links the path without its escapes. */
function linkedName(link: string): string {
  const local = /[?&]d=([^&]+)/.exec(link)?.[1];
  const name = local ?? link.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[?#].*$/, '');
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
