/** Files on disk. */
import { createReadStream } from 'node:fs';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { abortError, RefineDetError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { PendingFile } from '../../pending-file.ts';
import { writeError } from '../../write-error.ts';
import type { Content, ReadOptions, Store, StoredFile, WriteOptions } from './store.ts';

export class FolderStore implements Store {
  async find(
    file: string,
    { signal, start, end }: ReadOptions = {},
  ): Promise<Uint8Array | undefined> {
    try {
      if (start === undefined || end === undefined) return await readFile(file, { signal });
      return await readPart(file, start, end);
    } catch (cause) {
      if (signal?.aborted) throw abortError(signal);
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw unreadable(file, cause as Error);
    }
  }

  async *stream(file: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* createReadStream(file, { signal });
    } catch (cause) {
      throw unreadable(file, cause as NodeJS.ErrnoException);
    }
  }

  async write(file: string, content: Content, { isNote }: WriteOptions = {}): Promise<void> {
    if (isNote) return writeNote(file, content as Uint8Array);
    const pending = await PendingFile.create(file);
    if (content instanceof Uint8Array) await pending.write(content);
    else for await (const piece of content) await pending.write(piece);
    await pending.commit();
  }

  async stat(file: string): Promise<StoredFile | undefined> {
    try {
      const { size, mtimeMs } = await stat(file);
      return { uri: file, size, mtime: Math.round(mtimeMs) };
    } catch {
      return undefined;
    }
  }

  async remove(file: string): Promise<void> {
    await rm(file, { force: true });
  }
}

async function writeNote(file: string, content: Uint8Array): Promise<void> {
  try {
    await makeFolder(path.dirname(file));
    await writeFile(file, content);
  } catch (cause) {
    throw writeError(file, cause);
  }
}

async function readPart(file: string, start: number, end: number): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw new Error(`it ends at byte ${start + filled}`);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

function unreadable(file: string, cause: NodeJS.ErrnoException): RefineDetError {
  const reason = cause.code === 'ENOENT' ? 'the file does not exist' : cause.message;
  return new RefineDetError('FILE_NOT_FOUND', `cannot read ${file}: ${reason}`, { cause });
}
