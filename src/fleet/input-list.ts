/** Lists of inputs: one URI, or one JSON object with `uri`, `size` and `etag`, on each line. */
import { inOrder } from '../concurrency.ts';
import { RefineDetError } from '../errors.ts';
import { byteLines } from './byte-lines.ts';
import { parseInput } from './manifest-format.ts';
import type { Storage } from './storage/storage.ts';
import type { StoredFile } from './storage/store.ts';

/** Files that are asked for their size at a time. */
const CHECKS = 32;

const decoder = new TextDecoder();

/** Inputs as they are listed: nothing is asked about them. @throws MANIFEST_FORMAT */
export async function* listedInputs(
  stream: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<StoredFile> {
  for await (const lines of byteLines(stream)) {
    for (const { bytes } of lines) {
      const line = decoder.decode(bytes).trim();
      if (line === '') continue;
      yield line.startsWith('{') ? parseInput(line, name) : { uri: line };
    }
  }
}

/**
 * Adds size and etag or mtime to URIs.
 * @throws FILE_NOT_FOUND, FETCH_FAILED
 */
export async function* describedInputs(
  uris: Iterable<string>,
  storage: Storage,
  signal?: AbortSignal,
): AsyncGenerator<StoredFile> {
  const describe = (uri: string) => storage.stat(uri, signal);
  for await (const [uri, outcome] of inOrder(uris, CHECKS, describe)) {
    if ('error' in outcome) throw outcome.error;
    if (!outcome.value) throw new RefineDetError('FILE_NOT_FOUND', `${uri} does not exist`);
    yield outcome.value;
  }
}
