/** Where web pages find the model that comes with the package. */
import { RefineDetError } from '../errors.ts';

/**
 * Vite and webpack know this form of a URL: they copy the file into what they build and put its new
 * address in. Without a bundler it is the file inside of the package.
 */
export function defaultModelUrl(): string {
  const { href } = new URL('../../models/default.safetensors', import.meta.url);
  // The development server of Vite 7 runs packages from node_modules/.vite/deps.
  return href.replace('/node_modules/models/', '/node_modules/refinedet/models/');
}

/** The same failure with what to do about it. */
export function explainDefault(error: unknown): unknown {
  if (!(error instanceof RefineDetError) || error.code !== 'FETCH_FAILED') return error;
  const advice =
    'the default model was expected there: copy models/default.safetensors of the package to your site and give load its URL';
  return new RefineDetError(error.code, `${error.message}; ${advice}`, { cause: error });
}
