/** The images of Label Studio's tasks: links in their data, by the keys that the regions refer to. */
import { isImageName } from '../../image/image-names.ts';

/** An upload gets a random prefix: `8a7b6c5d-cat.jpg`. */
const UPLOAD_PREFIX = /(^|\/)[0-9a-f]{8}-(?=[^/]+$)/;

/** Names that each image of a task may have on disk, most likely first, by its key in the data. */
export function taskImages(data: Readonly<Record<string, unknown>>): Map<string, string[]> {
  const images = new Map<string, string[]>();
  for (const [key, value] of Object.entries(data)) {
    const names = typeof value === 'string' ? linkedNames(value) : [];
    const found = names.filter(isImageName);
    // Only this key, which all templates use, promises an image by any name.
    if (found.length > 0) images.set(key, withoutPrefixes(found));
    else if (key === 'image' && names[0]) images.set(key, withoutPrefixes(names.slice(0, 1)));
  }
  return images;
}

/**
 * The image that the regions of one `to_name` belong to. That is the name of a tag in the project's
 * configuration, which an export does not have; most projects call tag and key alike.
 */
export function imageKeyOf(toName: unknown, keys: readonly string[]): string | undefined {
  if (keys.length <= 1) return keys[0];
  const name = typeof toName === 'string' ? toName : 'image';
  for (const simplify of [String, lettersAndDigits, lastDigits]) {
    const alike = keys.filter((key) => simplify(key) !== '' && simplify(key) === simplify(name));
    if (alike.length === 1) return alike[0];
  }
  return undefined;
}

const lettersAndDigits = (name: string): string => name.toLowerCase().replace(/[^\p{L}\d]/gu, '');
const lastDigits = (name: string): string => /\d*$/.exec(name)![0];

/**
 * `/data/local-files/?d=cats/a.jpg` → `cats/a.jpg`; of other links the path without its escapes. What
 * looks like escapes may be part of the name, above all without a link.
 */
function linkedNames(link: string): string[] {
  const whole = link.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const path = /[?&]d=([^&]+)/.exec(link)?.[1] ?? whole.replace(/[?#].*$/, '');
  const isLink = whole !== link || link.startsWith('/');
  const names = [unescaped(path), path, whole];
  return isLink ? names : [whole, ...names];
}

function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const withoutPrefixes = (names: readonly string[]): string[] => [
  ...new Set([...names, ...names.map((name) => name.replace(UPLOAD_PREFIX, '$1'))]),
];
