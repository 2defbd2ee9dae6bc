/** A file that others can follow: lines appear as they are written. */
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../../make-folder.ts';
import { writeError } from '../../write-error.ts';

export class LineFile {
  readonly #file: string;
  readonly #handle: FileHandle;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** @throws FILE_WRITE */
  static async create(file: string): Promise<LineFile> {
    try {
      await makeFolder(path.dirname(file));
      return new LineFile(file, await open(file, 'w'));
    } catch (cause) {
      throw writeError(file, cause);
    }
  }

  /** @throws FILE_WRITE */
  async write(text: string): Promise<void> {
    if (text === '') return;
    try {
      await this.#handle.appendFile(text);
    } catch (cause) {
      throw writeError(this.#file, cause);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
