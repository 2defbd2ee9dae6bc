/** Finds and reads a model file. */
import { defaultModel, readBytes } from '#platform';
import { naming, RefineDetError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { DownloadOptions } from '../platform/platform.ts';
import { bytesOf, isAddress } from '../realm.ts';
import { readModel } from '../weights/model-file.ts';

/** Path, URL, bytes or `File` of a model file, or a model in memory. */
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
  if (source === undefined) return readModel(await defaultModelBytes(signal, download));
  if (isAddress(source)) {
    return readNamed(await readBytes(source, signal, download), String(source));
  }
  const bytes = await bytesOf(source);
  if (bytes) return readModel(bytes);
  if (typeof source === 'object' && source !== null && 'graph' in source) return source;
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `a model must be a path, a URL, bytes or a Model, not ${source === null ? 'null' : typeof source}`,
  );
}

/**
 * Reads the file of the model in the package.
 * @throws NO_DEFAULT_MODEL, FETCH_FAILED, ABORTED
 */
export async function defaultModelBytes(
  signal?: AbortSignal,
  download?: DownloadOptions,
): Promise<Uint8Array> {
  const bytes = await defaultModel(signal, download);
  if (bytes) return bytes;
  throw new RefineDetError(
    'NO_DEFAULT_MODEL',
    'this version of refinedet comes without a default model: give the path or URL of a model file',
  );
}

/** Parses a model file; errors contain its name. */
export async function readNamed(bytes: Uint8Array, name: string): Promise<Model> {
  try {
    return await readModel(bytes);
  } catch (cause) {
    throw naming(name, cause);
  }
}
