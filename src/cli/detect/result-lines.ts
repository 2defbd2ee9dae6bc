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
    const start = this.#hasStarted ? '' : (this.#format.start ?? '');
    this.#hasStarted = true;
    const text = start + this.#format.frame(result);
    if (this.#file) await this.#file.write(text);
    else await print(text);
  }

  /** Completes the file. */
  async commit(): Promise<void> {
    await this.#file?.commit();
  }

  async discard(): Promise<void> {
    await this.#file?.discard();
  }
}
