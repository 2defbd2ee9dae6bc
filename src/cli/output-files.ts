/** Files that commands write: they never destroy others by accident. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { entryKind } from '../datasets/dataset-files.ts';
import { RefineDetError } from '../errors.ts';
import { isUrl } from './inputs.ts';

export { PendingFile, writeWhole } from '../pending-file.ts';

/** @throws FILE_WRITE when one of the files exists */
export async function requireAbsent(files: Iterable<string>): Promise<void> {
  for (const file of files) {
    if ((await entryKind(file)) === 'missing') continue;
    throw new RefineDetError('FILE_WRITE', `${file} exists already; --force replaces it`);
  }
}

/** @throws USAGE when both names are one file: the input must not be destroyed */
export async function requireOther(source: string, target: string): Promise<void> {
  const real = (file: string) => realpath(file).catch(() => path.resolve(file));
  if (isUrl(source) || (await real(source)) !== (await real(target))) return;
  throw new RefineDetError('USAGE', `${target} is the input; write to another file`);
}
