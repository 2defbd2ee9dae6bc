/** Which images a person has finished: no format has a place for it, so it is a file of its own. */
import { parseJson } from '../../json.ts';

/** At the root of the dataset. */
export const DONE_FILE = '.refinedet-label.json';

/** Names of the finished images, relative to the folder of the file; undefined for another content. */
export function parseDone(text: string): Set<string> | undefined {
  try {
    const { done } = parseJson(text) as { done: unknown };
    if (Array.isArray(done)) return new Set(done.filter((name) => typeof name === 'string'));
  } catch {
    // Falls through.
  }
  return undefined;
}

export function doneText(names: Iterable<string>): string {
  return `${JSON.stringify({ done: [...names].sort() }, null, 1)}\n`;
}
