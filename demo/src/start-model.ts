/** The model that a page starts with. */
import { DEFAULT_MODEL, packagedModel } from '../../src/packaged-models.ts';

/** Name of a model in the package, or of another one that the server of the page sends in place of the default. */
export const START_NAME = document.documentElement.dataset['model'] ?? DEFAULT_MODEL;

export const START_MODEL = packagedModel(START_NAME) ?? DEFAULT_MODEL;
