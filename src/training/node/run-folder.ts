/** Stores a run in a folder on disk. */
import { randomUUID } from 'node:crypto';
import { appendFile, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { writeError } from '../../write-error.ts';
import type { RunStore } from '../run/run-store.ts';

export class RunFolder implements RunStore {
  readonly #folder: string;

  /** @param folder folder of the run; created on the first write */
  constructor(folder: string) {
    this.#folder = path.resolve(folder);
  }

  describe(file: string): string {
    return path.join(this.#folder, file);
  }

  async read(file: string): Promise<Uint8Array | undefined> {
    const name = this.describe(file);
    try {
      return await readFile(name);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const { message } = cause as Error;
      throw new RefineDetError('FILE_NOT_FOUND', `cannot read ${name}: ${message}`, { cause });
    }
  }

  async write(file: string, content: Uint8Array | string): Promise<void> {
    const name = this.describe(file);
    const temporary = `${name}.${randomUUID()}.tmp`;
    try {
      await makeFolder(this.#folder);
      await writeDurably(temporary, content);
      await rename(temporary, name);
      await syncFolder(this.#folder);
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => {});
      throw writeError(name, cause);
    }
  }

  async append(file: string, content: string): Promise<void> {
    try {
      await appendFile(this.describe(file), content);
    } catch (cause) {
      throw writeError(this.describe(file), cause);
    }
  }
}

async function writeDurably(file: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename survive a power failure; Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
