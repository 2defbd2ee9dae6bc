/** Prediction files: read as a whole, written through a temporary file. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatPlace, type Place } from '../datasets/check/findings.ts';
import { RefineDetError } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { writeError } from '../write-error.ts';

/** Characters collected before a write: one write per detection would be slow. */
const CHUNK_LENGTH = 1 << 20;

/** The error for a malformed predictions file, or one that does not match the dataset. */
export function malformed(place: Place, message: string): RefineDetError {
  return new RefineDetError('PREDICTIONS_FORMAT', `${formatPlace(place)}: ${message}`);
}

/** @throws FILE_NOT_FOUND */
export async function readResultBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new RefineDetError('FILE_NOT_FOUND', `cannot read ${file}`, { cause });
  }
}

/**
 * Writes pieces of text one after another; the file appears or changes only when it is complete.
 * Creates its folder.
 * @throws FILE_WRITE
 */
export async function writeResultFile(file: string, pieces: Iterable<string>): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await makeFolder(path.dirname(file));
    await writeFile(temporary, inChunks(pieces));
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {}); // fails when its folder is a file
    throw writeError(file, cause);
  }
}

function* inChunks(pieces: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}
