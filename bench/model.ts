/** The model for end-to-end measurements: the default model, otherwise one with random weights. */
import { loadModel } from '../src/detection/load-model.ts';
import { RefineDetError } from '../src/errors.ts';
import { VOC_CLASSES } from '../src/labels.ts';
import type { Model } from '../src/model/model.ts';
import { presetModel } from '../support/models/preset-model.ts';

/**
 * The model without its calibration: peers compute with its weights in floats, and so do we beside them.
 * @returns `about`: name of the model, for titles
 */
export async function benchModel(): Promise<{ model: Model; about: string }> {
  try {
    const { config, graph, weights } = await loadModel(undefined);
    return { model: { config, graph, weights }, about: 'the default model' };
  } catch (error) {
    if (!(error instanceof RefineDetError) || error.code !== 'NO_DEFAULT_MODEL') throw error;
    const model = presetModel('refinedet320-mobilenet', { classes: VOC_CLASSES });
    return { model, about: 'refinedet320-mobilenet with random weights' };
  }
}
