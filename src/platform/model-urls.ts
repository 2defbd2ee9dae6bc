/** Finds the models of the package. */
import { RefineDetError } from '../errors.ts';
import { type ModelName, modelFile } from '../packaged-models.ts';
import { absoluteUrl } from './url.ts';

/**
 * Vite and webpack recognize this form of URL, word for word: they copy the file into the build and
 * insert its new address. Without a bundler it is the file inside the package.
 */
const FILES: Readonly<Record<ModelName, () => URL>> = {
  default: () => new URL('../../models/default.safetensors', import.meta.url),
  nano: () => new URL('../../models/nano.safetensors', import.meta.url),
};

export function modelUrl(name: ModelName): string {
  const { href } = FILES[name]();
  // The development server of Vite 7 runs packages from node_modules/.vite/deps. Next returns a path only.
  return absoluteUrl(href.replace('/node_modules/models/', '/node_modules/refinedet/models/'));
}

/** Adds advice to a failed download of a model. */
export function explainDownload(name: ModelName, error: unknown): unknown {
  if (!(error instanceof RefineDetError) || error.code !== 'FETCH_FAILED') return error;
  const advice = `this is where the ${name} model should be: copy ${modelFile(name)} of the package to your site and pass its URL to load`;
  return new RefineDetError(error.code, `${error.message}; ${advice}`, { cause: error });
}
