/** Datasets as command lines name them: a path, and a split behind a colon. */
import { existsSync } from 'node:fs';
import { RefineDetError } from '../../errors.ts';
import type { DataPart } from '../../training/config/train-config.ts';

/** One letter is a drive of Windows. */
const SHORTEST_PATH = 2;

/**
 * `VOC2007:trainval`. An existing path wins: first the whole text, then the longest part before a
 * colon. Where neither exists, a colon of `C:\folder` or `https://` starts no split.
 * @throws USAGE when nothing follows the colon
 */
export function dataPart(text: string): DataPart {
  if (existsSync(text)) return { path: text };
  const colons = [...text.matchAll(/:/g)].map(({ index }) => index).reverse();
  const at = colons.find((colon) => existsSync(text.slice(0, colon))) ?? lastColon(text);
  if (at === undefined) return { path: text };
  if (at < text.length - 1) return { path: text.slice(0, at), split: text.slice(at + 1) };
  throw new RefineDetError('USAGE', `"${text}" has no split after the colon; write path:split`);
}

/** The last colon that can start a split, judged by the text alone. */
function lastColon(text: string): number | undefined {
  const at = text.lastIndexOf(':');
  const isHost = /^[a-z][a-z\d+.-]+:\/\/[^/]*$/i.test(text);
  return at < SHORTEST_PATH || isHost || /[\\/]/.test(text.slice(at)) ? undefined : at;
}

/**
 * Joins `path:split` and `--split`.
 * @throws USAGE when they differ
 */
export function withSplit(data: DataPart, split: string | undefined): DataPart {
  if (split === undefined || split === data.split) return data;
  if (data.split === undefined) return { ...data, split };
  throw new RefineDetError(
    'USAGE',
    `two splits are given: "${data.split}" with the path and --split ${split}`,
  );
}
