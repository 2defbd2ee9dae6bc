/** Lines of results: in a file, or on the standard output. */
import type { FrameResult } from '../../stream/frame-record.ts';
import type { VideoFormat } from '../output/video-formats.ts';
import type { PendingFile } from '../output-files.ts';
import { print } from '../terminal.ts';

export class ResultLines {
  readonly #format: VideoFormat;
  readonly #file: PendingFile | undefined;
  #hasStarted = false;

  /** @param file default: the standard output */
  constructor(format: VideoFormat, file?: PendingFile) {
    this.#format = format;
    this.#file = file;
  }

  get prints(): boolean {
    return this.#file === undefined;
  }

  /** @throws FILE_WRITE */
  async add(result: FrameResult): Promise<void> {
    await this.#write(this.#format.frame(result));
  }

  /** Completes the output, also where no frame came. */
  async commit(): Promise<void> {
    await this.#write('');
    await this.#file?.commit();
  }

  async #write(lines: string): Promise<void> {
    const start = this.#hasStarted ? '' : (this.#format.start ?? '');
    this.#hasStarted = true;
    const text = start + lines;
    if (text === '') return;
    if (this.#file) await this.#file.write(text);
    else await print(text);
  }

  async discard(): Promise<void> {
    await this.#file?.discard();
  }
}
