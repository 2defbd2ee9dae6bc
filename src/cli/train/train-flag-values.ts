/** Values of the options of `train`. */
import { RefineDetError } from '../../errors.ts';
import { COCO_TO_VOC } from '../../labels.ts';
import type { DataPart, InputPhase } from '../../training/config/train-config.ts';
import { parseClassMap } from '../class-options.ts';

/** A parser for an option that may be given several times. */
export function collected<T>(parse: (text: string) => T) {
  return (text: string, list: readonly T[] = []): T[] => [...list, parse(text)];
}

/** `folder:train`; the colon of `C:\folder` names no split. */
export function dataPart(text: string): DataPart {
  const at = text.lastIndexOf(':');
  const split = text.slice(at + 1);
  if (at < 2 || /[\\/]/.test(split)) return { path: text };
  if (split !== '') return { path: text.slice(0, at), split };
  throw new RefineDetError('USAGE', `"${text}" names no split behind the colon`);
}

/** `airplane=aeroplane,tv=tvmonitor` or `coco-to-voc`. */
export function renaming(
  text: string,
  map: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const added = text === 'coco-to-voc' ? COCO_TO_VOC : Object.fromEntries(parseClassMap(text));
  return { ...map, ...added };
}

/** `320`, `256@0,320@0.25`, `256+320+384`: sides in pixels, phases behind `@`. */
export function inputPhases(text: string): InputPhase[] {
  return text.split(',').map((phase) => {
    const parts = /^(\d+(?:\+\d+)*)(?:@(\d*\.?\d+))?$/.exec(phase.trim());
    if (!parts) {
      throw new RefineDetError(
        'USAGE',
        `--input-size must be pixels such as 320 or 256@0,320@0.25, not "${text}"`,
      );
    }
    return { from: Number(parts[2] ?? 0), sizes: parts[1].split('+').map(Number) };
  });
}

/** A number above 0. */
export function positive(flag: string) {
  return (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value > 0 && Number.isFinite(value)) return value;
    throw new RefineDetError('USAGE', `${flag} must be a number above 0, not "${text}"`);
  };
}
