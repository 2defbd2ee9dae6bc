/** The words after `--classes` and `--map`. */
import { RefineDetError } from '../errors.ts';

/** `person,dog` → names. */
export function parseNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) {
    throw new RefineDetError('USAGE', `"${text}" has an empty name; write name,name`);
  }
  return names;
}

/**
 * `aeroplane=airplane,tvmonitor=tv` → new names by old name.
 * @param map what earlier uses of the option gave
 */
export function parseClassMap(
  text: string,
  map: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const pairs = parseNames(text).map((pair): [string, string] => {
    const at = pair.indexOf('=');
    const [from, to] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at < 0 || from === '' || to === '') {
      throw new RefineDetError('USAGE', `"${pair}" is no renaming; write old=new`);
    }
    return [from, to];
  });
  return new Map([...map, ...pairs]);
}
