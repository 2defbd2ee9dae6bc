/** Finds the default model of the package in web pages. */
import { RefineDetError } from '../errors.ts';
import type { ModelName } from '../packaged-models.ts';
import { absoluteUrl } from './url.ts';

/**
 * Vite and webpack recognize this form of URL: they copy the file into the build and insert its new
 * address. Without a bundler it is the file inside the package.
 */
export function defaultModelUrl(): string {
  const { href } = new URL('../../models/default.safetensors', import.meta.url);
  // The development server of Vite 7 runs packages from node_modules/.vite/deps. Next returns a path only.
  return absoluteUrl(href.replace('/node_modules/models/', '/node_modules/refinedet/models/'));
}

/** Addresses of the models in the package. */
export const MODEL_URLS: Readonly<Record<ModelName, () => string>> = { default: defaultModelUrl };

/** Adds advice to a failed download. */
export function explainDefault(error: unknown): unknown {
  if (!(error instanceof RefineDetError) || error.code !== 'FETCH_FAILED') return error;
  const advice =
    'this is where the default model should be: copy models/default.safetensors of the package to your site and pass its URL to load';
  return new RefineDetError(error.code, `${error.message}; ${advice}`, { cause: error });
}
