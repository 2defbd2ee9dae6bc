/** Finds and reads a model file. */
import { readBytes, readPackagedModel } from '#platform';
import { copyBytes } from '../copy-bytes.ts';
import { didYouMean, naming, RefineDetError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { show } from '../option-checks.ts';
import { DEFAULT_MODEL, MODELS, modelFile, packagedModel } from '../packaged-models.ts';
import type { DownloadOptions } from '../platform/platform.ts';
import { bytesOf, isAddress } from '../realm.ts';
import { openModel } from '../weights/model-file.ts';

/** Name of a model in the package, path, URL, bytes or `File` of a model file, or a model in memory. */
export type ModelSource = string | URL | ArrayBuffer | Uint8Array | Blob | Model;

/**
 * Reads a model from any source.
 * @param source default: the default model
 * @returns the model, and the bytes that its weights are in, where nobody else has those
 * @throws NO_DEFAULT_MODEL, FILE_NOT_FOUND, FETCH_FAILED, MODEL_*, ABORTED
 */
export async function openSource(
  source: ModelSource | undefined,
  signal?: AbortSignal,
  download?: DownloadOptions,
): Promise<[model: Model, bytes?: Uint8Array]> {
  if (source === undefined || isAddress(source)) {
    const bytes = await modelBytes(source, signal, download);
    return [await readNamed(bytes, String(source ?? DEFAULT_MODEL)), bytes];
  }
  const given = await bytesOf(source);
  if (given) {
    const bytes = copyBytes(given); // The caller may reuse them, and a model in use still reads them.
    return [await openModel(bytes), bytes];
  }
  if ((source as Model | null)?.graph) return [source as Model];
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `a model must be a path, URL, bytes or Model, not ${show(source)}`,
  );
}

/** The model of {@link openSource}. */
export async function loadModel(...source: Parameters<typeof openSource>): Promise<Model> {
  return (await openSource(...source))[0];
}

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
  const bytes = await readPackagedModel(name, signal, download);
  if (bytes) return bytes;
  throw new RefineDetError(
    'NO_DEFAULT_MODEL',
    `the package lacks ${modelFile(name)}: install it again, or give another model`,
  );
}

/** Adds {@link MODELS} to the error for a single word, which was meant as a name. */
async function readFile(
  source: string | URL,
  signal?: AbortSignal,
  download?: DownloadOptions,
): Promise<Uint8Array> {
  try {
    return await readBytes(source, signal, download);
  } catch (error) {
    const isWord = typeof source === 'string' && /^[\w-]+$/.test(source);
    if (!isWord || !(error instanceof RefineDetError) || error.code === 'ABORTED') throw error;
    const { code, message } = error;
    const names = `the models of the package are ${MODELS.join(' and ')}`;
    const text = `${message}; ${names}${didYouMean(source, MODELS)}`;
    throw new RefineDetError(code, text, { cause: error });
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
