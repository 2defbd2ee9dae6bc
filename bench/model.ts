/** The model for end-to-end measurements: the default model, otherwise one with random weights. */
import { loadModel } from '../src/detection/load-model.ts';
import { RefineDetError } from '../src/errors.ts';
import { VOC_CLASSES } from '../src/labels.ts';
import type { Model } from '../src/model/model.ts';
import { presetModel } from '../support/models/preset-model.ts';

/** A model and its name for titles. */
export interface BenchModel {
  model: Model;
  about: string;
}

/** The model without its calibration: peers compute with its weights in floats, and so do we beside them. */
export async function benchModel(): Promise<BenchModel> {
  const { model, about } = await shippedModel();
  const { quantization: _, ...floats } = model;
  return { model: floats, about };
}

/** The model as users have it: it computes in 8 bits. */
export async function shippedModel(): Promise<BenchModel> {
  try {
    return { model: await loadModel(undefined), about: 'the default model' };
  } catch (error) {
    if (!(error instanceof RefineDetError) || error.code !== 'NO_DEFAULT_MODEL') throw error;
    const model = presetModel('refinedet320-mobilenet', { classes: VOC_CLASSES });
    return { model, about: 'refinedet320-mobilenet with random weights' };
  }
}
