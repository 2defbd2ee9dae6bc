/** Models as command lines name them. */
import { loadModel } from '../detection/load-model.ts';
import { didYouMean, RefineDetError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { PRESETS } from '../model/presets.ts';

/** Name of the model in the package. */
export const DEFAULT_MODEL = 'default';

/**
 * @param word path, URL or `default`; default: `default`
 * @throws USAGE for the name of a preset, NO_DEFAULT_MODEL, FILE_NOT_FOUND, FETCH_FAILED, MODEL_*,
 *   ABORTED
 */
export async function loadNamedModel(word = DEFAULT_MODEL, signal?: AbortSignal): Promise<Model> {
  try {
    return await loadModel(word === DEFAULT_MODEL ? undefined : word, signal);
  } catch (error) {
    const isMissing = error instanceof RefineDetError && error.code === 'FILE_NOT_FOUND';
    if (!isMissing || /[./\\]/.test(word)) throw error;
    if (Object.hasOwn(PRESETS, word)) {
      throw new RefineDetError(
        'USAGE',
        `${word} is a preset, which has no weights: train it, or convert a file of weights`,
      );
    }
    const names = [DEFAULT_MODEL, ...Object.keys(PRESETS)];
    throw new RefineDetError(error.code, error.message + didYouMean(word, names));
  }
}
