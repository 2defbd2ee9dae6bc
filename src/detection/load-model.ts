/** Finds and reads a model file. */
import { defaultModel, readBytes } from '#platform';
import { didYouMean, naming, RefineDetError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { MODELS, type ModelName, packagedModel } from '../packaged-models.ts';
import type { DownloadOptions } from '../platform/platform.ts';
import { bytesOf, isAddress } from '../realm.ts';
import { openModel } from '../weights/model-file.ts';

/** Name of a model in the package, path, URL, bytes or `File` of a model file, or a model in memory. */
export type ModelSource = string | URL | ArrayBuffer | Uint8Array | Blob | Model;

/**
 * Reads a model from any source.
 * @param source default: the model in the package
 * @throws NO_DEFAULT_MODEL, FILE_NOT_FOUND, FETCH_FAILED, MODEL_*, ABORTED
 */
export async function loadModel(
  source: ModelSource | undefined,
  signal?: AbortSignal,
  download?: DownloadOptions,
): Promise<Model> {
  if (source === undefined || isAddress(source)) {
    return readNamed(await modelBytes(source, signal, download), String(source ?? 'default'));
  }
  const bytes = await bytesOf(source);
  // The caller may reuse them, and a model in use still reads them.
  if (bytes) return openModel(bytes.slice());
  if (typeof source === 'object' && source !== null && 'graph' in source) return source;
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `a model must be a path, a URL, bytes or a Model, not ${source === null ? 'null' : typeof source}`,
  );
}

type Reader = (signal?: AbortSignal, download?: DownloadOptions) => Promise<Uint8Array | undefined>;

const READERS: Readonly<Record<ModelName, Reader>> = { default: defaultModel };

/**
 * Reads a file of weights.
 * @param source name of a model in the package, path or URL; default: the default model. A file of such
 *   a name is `./default`.
 * @throws NO_DEFAULT_MODEL, FILE_NOT_FOUND, FETCH_FAILED, ABORTED
 */
export async function modelBytes(
  source?: string | URL,
  signal?: AbortSignal,
  download?: DownloadOptions,
): Promise<Uint8Array> {
  const name = packagedModel(source);
  if (name === undefined) return readFile(source!, signal, download);
  const bytes = await READERS[name](signal, download);
  if (bytes) return bytes;
  throw new RefineDetError(
    'NO_DEFAULT_MODEL',
    'this version of refinedet comes without a default model: give the path or URL of a model file',
  );
}

/** Adds a guess to the error for a missing file whose name resembles one of {@link MODELS}. */
async function readFile(
  source: string | URL,
  signal?: AbortSignal,
  download?: DownloadOptions,
): Promise<Uint8Array> {
  try {
    return await readBytes(source, signal, download);
  } catch (error) {
    const isMissing = error instanceof RefineDetError && error.code === 'FILE_NOT_FOUND';
    const guess = isMissing ? didYouMean(source, MODELS) : '';
    if (guess === '') throw error;
    throw new RefineDetError('FILE_NOT_FOUND', `${(error as Error).message}${guess}`, {
      cause: error,
    });
  }
}

/** Opens a model file whose bytes nobody changes; errors contain its name. */
export async function readNamed(bytes: Uint8Array, name: string): Promise<Model> {
  try {
    return await openModel(bytes);
  } catch (cause) {
    throw naming(name, cause);
  }
}
