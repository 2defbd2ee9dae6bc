/** Class names of a model: `voc`, `coco`, `@file.txt` (a name a line) or names with commas. */
import { readText } from '../datasets/dataset-files.ts';
import { RefineDetError } from '../errors.ts';
import { COCO_CLASSES, VOC_CLASSES } from '../labels.ts';
import { parseNames } from './class-options.ts';

/** @throws USAGE, FILE_NOT_FOUND */
export async function classList(text: string): Promise<readonly string[]> {
  if (text === 'voc') return VOC_CLASSES;
  if (text === 'coco') return COCO_CLASSES;
  if (!text.startsWith('@')) return parseNames(text);
  const lines = (await readText(text.slice(1))).split(/\r?\n/).map((line) => line.trim());
  const names = lines.filter((line) => line !== '');
  if (names.length > 0) return names;
  throw new RefineDetError('USAGE', `${text.slice(1)} has no class names; write one a line`);
}
