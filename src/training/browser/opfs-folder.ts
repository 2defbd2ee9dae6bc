/** Stores a run in a folder of the browser's own file system (OPFS), in a page or a worker. */
import { RefineDetError } from '../../errors.ts';
import type { RunStore } from '../run/run-store.ts';

export class OpfsFolder implements RunStore {
  readonly #name: string;

  /** @param name of the folder; created on the first write */
  constructor(name: string) {
    this.#name = name;
  }

  describe(file: string): string {
    return `${this.#name}/${file}`;
  }

  async read(file: string): Promise<Uint8Array | undefined> {
    const blob = await this.file(file);
    return blob && new Uint8Array(await blob.arrayBuffer());
  }

  /** The file on disk, without its bytes; undefined when it does not exist. */
  async file(file: string): Promise<File | undefined> {
    try {
      const folder = await this.#folder();
      return await (await folder.getFileHandle(file)).getFile();
    } catch (cause) {
      if ((cause as DOMException).name === 'NotFoundError') return undefined;
      const message = `cannot read ${this.describe(file)}: ${(cause as Error).message}`;
      throw new RefineDetError('FILE_NOT_FOUND', message, { cause });
    }
  }

  async write(file: string, content: Uint8Array | string): Promise<void> {
    await this.#change(file, false, async (stream) =>
      stream.write(content as Uint8Array<ArrayBuffer>),
    );
  }

  async append(file: string, content: string): Promise<void> {
    await this.#change(file, true, async (stream, size) => {
      await stream.write({ type: 'write', position: size, data: content });
    });
  }

  /** Removes a file, if it exists. */
  async remove(file: string): Promise<void> {
    const folder = await this.#folder();
    await folder.removeEntry(file).catch(ignoreMissing);
  }

  /** Removes the folder with everything in it. */
  async clear(): Promise<void> {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(this.#name, { recursive: true }).catch(ignoreMissing);
  }

  async #folder(): Promise<FileSystemDirectoryHandle> {
    const root = await navigator.storage.getDirectory();
    return root.getDirectoryHandle(this.#name, { create: true });
  }

  /** The stream writes to a copy, which replaces the file when it is closed. */
  async #change(
    file: string,
    keepExistingData: boolean,
    write: (stream: FileSystemWritableFileStream, size: number) => Promise<void>,
  ): Promise<void> {
    let stream: FileSystemWritableFileStream | undefined;
    try {
      const handle = await (await this.#folder()).getFileHandle(file, { create: true });
      const { size } = await handle.getFile();
      stream = await handle.createWritable({ keepExistingData });
      await write(stream, size);
      await stream.close();
    } catch (cause) {
      await stream?.abort().catch(() => {});
      const message = `${this.describe(file)} cannot be written: ${(cause as Error).message}`;
      throw new RefineDetError('FILE_WRITE', message, { cause });
    }
  }
}

function ignoreMissing(error: DOMException): void {
  if (error.name !== 'NotFoundError') throw error;
}
