/** Text files that are larger than memory, piece by piece. */
import { createReadStream } from 'node:fs';
import { RefineDetError } from '../errors.ts';
import { readStart } from './dataset-files.ts';
import { EncodingError, markedEncoding, newDecoder } from './decode-text.ts';

const MARK_BYTES = 4;
const MAX_LINE = 2 ** 24;

/**
 * Lines in pieces, without byte order mark.
 * @throws FILE_NOT_FOUND, DATASET_FORMAT for a line that never ends, EncodingError
 */
export async function* readLines(file: string): AsyncGenerator<string[]> {
  const decoder = newDecoder(markedEncoding(await readStart(file, MARK_BYTES)) ?? 'utf-8');
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new EncodingError(`the bytes are not ${decoder.encoding.toUpperCase()} text`);
    }
  };
  let rest = '';
  for await (const piece of createReadStream(file)) {
    const text = decode(piece);
    // Joining pieces is cheap, searching them again is not.
    const isPart = !/[\r\n]/.test(text) && !rest.endsWith('\r');
    // A carriage return at the end may be half of a line's end.
    const lines = isPart ? [rest + text] : (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    if (rest.length > MAX_LINE) {
      throw new RefineDetError('DATASET_FORMAT', `${file} has a line of ${rest.length} characters`);
    }
    yield lines;
  }
  yield (rest + decode()).split('\r');
}
