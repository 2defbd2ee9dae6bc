/** Where the results of a video go: lines, events, an annotated video. */
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import type { ZoneEvent, ZoneTotals } from '../../stream/zone-counter.ts';
import { ffmpegPath } from '../../video/ffmpeg.ts';
import { VIDEO_EXTENSIONS, VideoWriter } from '../../video/video-writer.ts';
import { ANNOTATED_MARK } from '../inputs.ts';
import {
  type FrameResult,
  VIDEO_FORMATS,
  type VideoFormat,
  type VideoFormatName,
} from '../output/video-formats.ts';
import { PendingFile, requireAbsent, requireOther } from '../output-files.ts';
import { print } from '../terminal.ts';
import type { DetectFlags } from './detect-command-options.ts';
import { LineFile } from './line-file.ts';

const SAVE_FOLDER = 'detections';

/** Open files of a run. */
export class VideoOutputs {
  readonly #format: VideoFormat;
  readonly #results: PendingFile | undefined;
  readonly #events: LineFile | undefined;
  readonly #printsEvents: boolean;
  #hasStarted = false;
  readonly writer: VideoWriter | undefined;
  /** Descriptions of the files, for the summary. */
  readonly places: readonly string[];

  private constructor(
    format: VideoFormat,
    files: { results?: PendingFile; events?: LineFile; writer?: VideoWriter },
    printsEvents: boolean,
    places: readonly string[],
  ) {
    this.#format = format;
    this.#results = files.results;
    this.#events = files.events;
    this.writer = files.writer;
    this.#printsEvents = printsEvents;
    this.places = places;
  }

  /** @throws FILE_WRITE when a file exists, USAGE when it is the input */
  static async create(source: string, name: string, flags: DetectFlags): Promise<VideoOutputs> {
    const { out, events, force, format = 'jsonl', ffmpeg } = flags;
    const chosen = VIDEO_FORMATS[format as VideoFormatName];
    const stem = stemOf(name);
    const resultFile = out === undefined ? undefined : path.join(out, stem + chosen.extension);
    const eventFile = events === '-' ? undefined : events;
    const saved = savedFile(flags, stem);
    for (const file of [resultFile, eventFile, saved]) if (file) await requireOther(source, file);
    const fresh = [resultFile, eventFile].filter((file) => file !== undefined);
    if (!force) await requireAbsent(fresh);
    return new VideoOutputs(
      chosen,
      {
        results: resultFile ? await PendingFile.create(resultFile) : undefined,
        events: eventFile ? await LineFile.create(eventFile) : undefined,
        writer: saved ? new VideoWriter(saved, ffmpegPath(ffmpeg)) : undefined,
      },
      events === '-',
      [
        ...(resultFile ? [`results in ${resultFile}`] : []),
        ...(eventFile ? [`events in ${eventFile}`] : []),
        ...(saved ? [`video in ${saved}`] : []),
      ],
    );
  }

  /** Whether results or events appear on the standard output. */
  get prints(): boolean {
    return this.#results === undefined || this.#printsEvents;
  }

  async add(result: FrameResult, events: readonly ZoneEvent[]): Promise<void> {
    const start = this.#hasStarted ? '' : (this.#format.start ?? '');
    this.#hasStarted = true;
    const text = start + this.#format.frame(result);
    if (this.#results) await this.#results.write(text);
    else if (!this.#printsEvents) await print(text);
    await this.#addEvents(events);
  }

  /** Completes the files, also after an interruption or a failure of the source. */
  async finish(totals?: ZoneTotals): Promise<void> {
    if (totals) await this.#addEvents([{ type: 'totals', ...totals }]);
    await this.#results?.commit();
    await this.#events?.close();
  }

  /** Removes incomplete files; events stay. */
  async discard(): Promise<void> {
    await this.#results?.discard();
    await this.#events?.close();
    await this.writer?.discard();
  }

  async #addEvents(events: readonly object[]): Promise<void> {
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    await this.#events?.write(text);
    if (this.#printsEvents) await print(text);
  }
}

function savedFile({ save, out }: DetectFlags, stem: string): string | undefined {
  if (!save) return undefined;
  const name = `${stem}${ANNOTATED_MARK}${VIDEO_EXTENSIONS[0]}`;
  if (save === true) return path.join(out ?? SAVE_FOLDER, name);
  const extension = path.extname(save).toLowerCase();
  if (VIDEO_EXTENSIONS.includes(extension)) return save;
  if (extension === '') return path.join(save, name);
  throw new RefineDetError(
    'USAGE',
    `--save of a video is a folder or a file with ${VIDEO_EXTENSIONS.join(', ')}, not "${save}"`,
  );
}

/** Name of files for a source: of a file its own, else its letters. */
function stemOf(name: string): string {
  const isAddress = /^(\w+:\/\/|camera:)/.test(name);
  const base = isAddress ? name : path.basename(name, path.extname(name));
  return base.replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '_').replace(/^\.+/, '') || 'video';
}
