/** Class names as command lines give them. */
import { readText } from '../../datasets/dataset-files.ts';
import { RefineDetError } from '../../errors.ts';
import { COCO_CLASSES, VOC_CLASSES } from '../../labels.ts';
import { names } from './parsers.ts';

/**
 * `voc`, `coco`, `@file.txt` (one name per line) or names with commas.
 * @throws USAGE, FILE_NOT_FOUND
 */
export async function classList(text: string): Promise<readonly string[]> {
  if (text === 'voc') return VOC_CLASSES;
  if (text === 'coco') return COCO_CLASSES;
  if (!text.startsWith('@')) return names(text);
  const lines = (await readText(text.slice(1))).split(/\r?\n/).map((line) => line.trim());
  const list = lines.filter((line) => line !== '');
  if (list.length > 0) return list;
  throw new RefineDetError('USAGE', `${text.slice(1)} has no class names; write one per line`);
}

/** {@link classList} of an option that may be absent. */
export async function givenClasses(
  text: string | undefined,
): Promise<readonly string[] | undefined> {
  return text === undefined ? undefined : classList(text);
}
