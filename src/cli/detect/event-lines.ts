/** Lines of events, which others can follow: in a file, or on the standard output. */
import { print } from '../terminal.ts';
import type { LineFile } from './line-file.ts';

export class EventLines {
  readonly #file: LineFile | undefined;

  /** @param file default: the standard output */
  constructor(file?: LineFile) {
    this.#file = file;
  }

  get prints(): boolean {
    return this.#file === undefined;
  }

  /** @throws FILE_WRITE */
  async add(source: string, events: readonly object[]): Promise<void> {
    const text = events.map((event) => `${JSON.stringify({ source, ...event })}\n`).join('');
    if (this.#file) await this.#file.write(text);
    else await print(text);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
