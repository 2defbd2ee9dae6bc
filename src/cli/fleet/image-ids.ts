/** Finds the images of a dataset that the inputs of a manifest are. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '../../datasets/dataset-types.ts';
import { RefineDetError } from '../../errors.ts';
import type { ImageId } from '../../evaluation/predictions.ts';
import type { Manifest } from '../../fleet/manifest.ts';

/** An image of the dataset, and the input that it is. */
interface Claim {
  uri: string;
  byPath: boolean;
}

/**
 * An input is the image of the same path, or else of the same name; names that several images of the
 * dataset share identify none of them, and an image whose path is in the manifest has no other input.
 * @returns the id for the URI of an input; undefined for an image that the dataset does not have
 * @throws PREDICTIONS_FORMAT when two inputs have the name of one image
 */
export async function imageIds(
  dataset: Dataset,
  inputs: AsyncIterable<string>,
): Promise<(uri: string) => ImageId | undefined> {
  const paths = new Map(dataset.images.map(({ id, path: file }) => [path.resolve(file), id]));
  const names = new Map<string, ImageId | undefined>();
  for (const { id, path: file } of dataset.images) {
    const name = path.basename(file);
    names.set(name, names.has(name) ? undefined : id);
  }
  const claims = new Map<ImageId, Claim>();
  const ids = new Map<string, ImageId>();
  for await (const uri of inputs) {
    const exact = paths.get(localPath(uri));
    const byPath = exact !== undefined;
    const id = exact ?? names.get(nameOf(uri));
    if (id === undefined) continue;
    const other = claims.get(id);
    if (other?.byPath && !byPath) continue;
    if (other && other.byPath === byPath) throw ambiguous(other.uri, uri, dataset);
    if (other) ids.delete(other.uri);
    claims.set(id, { uri, byPath });
    ids.set(uri, id);
  }
  return (uri) => ids.get(uri);
}

/** URIs of all inputs, in their order. */
export async function* urisOf(manifest: Manifest, signal?: AbortSignal): AsyncGenerator<string> {
  for await (const range of manifest.ranges(signal)) {
    for (const { uri } of await manifest.inputs(range, signal)) yield uri;
  }
}

function localPath(uri: string): string {
  return path.resolve(/^file:\/\//i.test(uri) ? fileURLToPath(uri) : uri);
}

/** Name of the file; URLs have it with escapes, and may have a query behind it. */
function nameOf(uri: string): string {
  if (!/^(https?|file):\/\//i.test(uri) || !URL.canParse(uri)) return path.basename(uri);
  const name = path.posix.basename(new URL(uri).pathname);
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not an escape
  }
}

function ambiguous(first: string, second: string, { name }: Dataset): RefineDetError {
  const message = `${first} and ${second} of the manifest may both be one image of the dataset "${name}": plan one of them`;
  return new RefineDetError('PREDICTIONS_FORMAT', message);
}
