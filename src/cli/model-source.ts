/** Models as command lines name them. */
import { loadModel } from '../detection/load-model.ts';
import { didYouMean, RefineDetError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { PRESETS } from '../model/presets.ts';

/**
 * @param word path, URL or name of a model in the package; default: the default model
 * @throws USAGE for the name of a preset, NO_DEFAULT_MODEL, FILE_NOT_FOUND, FETCH_FAILED, MODEL_*,
 *   ABORTED
 */
export async function loadNamedModel(word?: string, signal?: AbortSignal): Promise<Model> {
  try {
    return await loadModel(word, signal);
  } catch (error) {
    const isMissing = error instanceof RefineDetError && error.code === 'FILE_NOT_FOUND';
    if (!isMissing || word === undefined || /[./\\]/.test(word)) throw error;
    if (Object.hasOwn(PRESETS, word)) {
      throw new RefineDetError(
        'USAGE',
        `${word} is a preset, which has no weights: train it, or convert a file of weights`,
      );
    }
    throw new RefineDetError(error.code, error.message + didYouMean(word, Object.keys(PRESETS)));
  }
}
