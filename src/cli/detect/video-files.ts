/** Where the results of one video go. */
import type { FrameResult } from '../../stream/frame-record.ts';
import type { Sound, VideoWriter } from '../../video/video-writer.ts';
import { warn } from '../terminal.ts';
import type { EventLines } from './event-lines.ts';
import type { ResultLines } from './result-lines.ts';

interface Parts {
  results?: ResultLines;
  /** Whether the file of results belongs to this video alone. */
  ownsResults: boolean;
  events?: EventLines;
  /** The annotated copy. */
  writer?: VideoWriter;
  /** Descriptions of the files with lines, for the summary. */
  places: readonly string[];
}

export class VideoFiles {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get writer(): VideoWriter | undefined {
    return this.#parts.writer;
  }

  get places(): readonly string[] {
    const { places, writer } = this.#parts;
    return writer?.hasFrames ? [...places, `video in ${writer.file}`] : places;
  }

  /** Whether results or events appear on the standard output. */
  get prints(): boolean {
    const { results, events } = this.#parts;
    return results?.prints === true || events?.prints === true;
  }

  async add(result: FrameResult): Promise<void> {
    await this.#parts.results?.add(result);
  }

  async addEvents(source: string, events: readonly object[]): Promise<void> {
    await this.#parts.events?.add(source, events);
  }

  /** Completes the files, also after an interruption or a failure of the source. */
  async finish(sound: Sound | undefined): Promise<void> {
    const { results, ownsResults, writer } = this.#parts;
    if (ownsResults) await results?.commit();
    await writer?.finish(sound, warn);
  }

  /** Removes incomplete files. */
  async discard(): Promise<void> {
    const { results, ownsResults, writer } = this.#parts;
    if (ownsResults) await results?.discard();
    await writer?.discard();
  }
}
