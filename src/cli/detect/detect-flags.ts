/** From the flags of `refinedet detect` to the options of a detector. */
import type { DetectOptions } from '../../detection/detect-options.ts';
import { RefineDetError } from '../../errors.ts';
import { INPUT_MULTIPLE } from '../../model/input-size.ts';
import { isVideoName } from '../../video/video-source.ts';
import { isImageWord } from '../inputs.ts';
import { givenClasses } from '../options/class-list.ts';
import type { DetectFlags } from './detect-command-options.ts';

export type { DetectFlags };

/**
 * Returns images to the inputs: an option whose argument is optional takes the word after it, such as
 * the image in `--save photo.jpg`.
 */
export async function reclaimInputs(
  words: readonly string[],
  flags: DetectFlags,
): Promise<[words: string[], flags: DetectFlags]> {
  const inputs = [...words];
  const reclaimed = { ...flags };
  // `save` comes last: a video behind it is the file to write, unless there would be no input.
  for (const name of ['tiles', 'track', 'save'] as const) {
    const value = flags[name];
    if (typeof value !== 'string') continue;
    const isInput = isVideoName(value)
      ? name !== 'save' || inputs.length === 0
      : await isImageWord(value);
    if (!isInput) continue;
    inputs.unshift(value);
    reclaimed[name] = true;
  }
  return [inputs, reclaimed];
}

/** @throws USAGE, FILE_NOT_FOUND for a file of class names */
export async function detectOptions(flags: DetectFlags): Promise<Omit<DetectOptions, 'signal'>> {
  const { classes, excludeClasses, tiles } = flags;
  return {
    scoreThreshold: flags.threshold,
    nmsThreshold: flags.nms,
    objectnessThreshold: flags.objectnessThreshold,
    topK: flags.topK,
    maxDetections: flags.maxDetections,
    classes: { allow: await givenClasses(classes), deny: await givenClasses(excludeClasses) },
    agnostic: flags.agnostic,
    softNms: flags.softNms,
    boxVoting: flags.boxVoting,
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
