/** Writes files so that they appear, or change, only with their complete content. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from './make-folder.ts';
import { writeError } from './write-error.ts';

/** A file written under a temporary name in the same folder. */
export class PendingFile {
  readonly #file: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;

  private constructor(file: string, temporary: string, handle: FileHandle) {
    this.#file = file;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /**
   * Creates the folder too.
   * @throws FILE_WRITE
   */
  static async create(file: string): Promise<PendingFile> {
    const temporary = `${file}.${randomUUID()}.tmp`;
    try {
      await makeFolder(path.dirname(file));
      return new PendingFile(file, temporary, await open(temporary, 'wx'));
    } catch (cause) {
      throw writeError(file, cause);
    }
  }

  /** Appends; after a failure no file is left. */
  async write(content: string | Uint8Array): Promise<void> {
    try {
      await this.#handle.appendFile(content);
    } catch (cause) {
      await this.discard();
      throw writeError(this.#file, cause);
    }
  }

  /** Gives the file its name. */
  async commit(): Promise<void> {
    try {
      // After a crash of the machine, the name must not exist without the content.
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#temporary, this.#file);
    } catch (cause) {
      await this.discard();
      throw writeError(this.#file, cause);
    }
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }
}

/** @throws FILE_WRITE; an older file of that name is unchanged then */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const pending = await PendingFile.create(file);
  await pending.write(content);
  await pending.commit();
}
