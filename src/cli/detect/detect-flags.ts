/** The options of `refinedet detect` as commander yields them, and what they mean to a detector. */
import type { Threads } from '../../backend/wasm.ts';
import type { DetectOptions } from '../../detection/detect-options.ts';
import type { Size } from '../../detection/views.ts';
import { RefineDetError } from '../../errors.ts';
import type { SoftNms } from '../../kernels/postprocess-options.ts';
import { INPUT_MULTIPLE } from '../../model/input-size.ts';
import { isImageWord } from '../inputs.ts';
import type { FormatName } from '../output/formats.ts';

export interface DetectFlags {
  model?: string;
  threshold?: number;
  nms?: number;
  objectnessThreshold?: number;
  topK?: number;
  maxDetections?: number;
  classes?: string[];
  excludeClasses?: string[];
  agnostic?: true;
  softNms?: SoftNms;
  multiScale?: true;
  /** True without a value. */
  tiles?: true | string;
  fastDecode?: true;
  inputSize?: Size;
  threads?: Threads;
  workers?: number;
  recursive?: true;
  format?: FormatName;
  out?: string;
  /** True without a value. */
  save?: true | string;
  force?: true;
  quiet?: true;
}

/**
 * An option whose value may be left out swallows the word behind it: the image in
 * `--save photo.jpg`. A word that can only be an image becomes an input again.
 */
export async function reclaimInputs(
  words: readonly string[],
  flags: DetectFlags,
): Promise<[words: string[], flags: DetectFlags]> {
  const inputs = [...words];
  const reclaimed = { ...flags };
  for (const name of ['tiles', 'save'] as const) {
    const value = flags[name];
    if (typeof value !== 'string' || !(await isImageWord(value))) continue;
    inputs.unshift(value);
    reclaimed[name] = true;
  }
  return [inputs, reclaimed];
}

/** @throws USAGE */
export function detectOptions(flags: DetectFlags): Omit<DetectOptions, 'signal'> {
  const { classes, excludeClasses, tiles } = flags;
  return {
    scoreThreshold: flags.threshold,
    nmsThreshold: flags.nms,
    objectnessThreshold: flags.objectnessThreshold,
    topK: flags.topK,
    maxDetections: flags.maxDetections,
    classes: { allow: classes, deny: excludeClasses },
    agnostic: flags.agnostic,
    softNms: flags.softNms,
    multiScale: flags.multiScale,
    tiles: typeof tiles === 'string' ? tileSize(tiles) : tiles,
    fastDecode: flags.fastDecode,
  };
}

function tileSize(text: string): number {
  const size = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (size >= INPUT_MULTIPLE) return size;
  throw new RefineDetError(
    'USAGE',
    `--tiles must be a whole number of pixels from ${INPUT_MULTIPLE}, not "${text}"`,
  );
}
