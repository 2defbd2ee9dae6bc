/** Plans where the results of videos go: lines, events, annotated videos. */
import path from 'node:path';
import { RefineDetError } from '../../errors.ts';
import { ffmpegPath } from '../../video/ffmpeg.ts';
import { VIDEO_EXTENSIONS, VideoWriter } from '../../video/video-writer.ts';
import { withoutPassword } from '../../without-password.ts';
import { ANNOTATED_MARK, isAnnotatedName } from '../inputs.ts';
import { VIDEO_FORMATS, type VideoFormat, type VideoFormatName } from '../output/video-formats.ts';
import { PendingFile, requireAbsent, requireOther } from '../output-files.ts';
import { OutputNames } from '../output-names.ts';
import type { DetectFlags } from './detect-command-options.ts';
import { EventLines } from './event-lines.ts';
import { LineFile } from './line-file.ts';
import { ResultLines } from './result-lines.ts';
import { VideoFiles } from './video-files.ts';

const SAVE_FOLDER = 'detections';
/** Name of the file with the results of several videos. */
const DOCUMENT_STEM = 'detections';

/** Names of the files of one video. */
interface Targets {
  results?: string;
  saved?: string;
}

export class VideoOutputs {
  readonly #targets: ReadonlyMap<string, Targets>;
  readonly #format: VideoFormat;
  readonly #ffmpeg: string;
  readonly #results: ResultLines | undefined;
  readonly #events: EventLines | undefined;
  /** Descriptions of the files that all videos share, for the summary. */
  readonly places: readonly string[];

  private constructor(
    targets: ReadonlyMap<string, Targets>,
    format: VideoFormat,
    ffmpeg: string,
    shared: { results?: ResultLines; events?: EventLines; places: readonly string[] },
  ) {
    this.#targets = targets;
    this.#format = format;
    this.#ffmpeg = ffmpeg;
    this.#results = shared.results;
    this.#events = shared.events;
    this.places = shared.places;
  }

  /** @throws FILE_WRITE when a file exists, USAGE when it is an input or one file for several videos */
  static async create(sources: readonly string[], flags: DetectFlags): Promise<VideoOutputs> {
    const { out, events, force, format: name = 'jsonl', ffmpeg } = flags;
    const format: VideoFormat = VIDEO_FORMATS[name as VideoFormatName];
    const isOnly = sources.length === 1;
    // Lines of MOTChallenge do not say which video they are about.
    const isShared = !isOnly && format.namesSource === true;
    if (!isOnly && !isShared && out === undefined) {
      const many = `one file for each of the ${sources.length} videos`;
      throw new RefineDetError('USAGE', `--format ${name} writes ${many}: give --out DIR`);
    }
    const names = new OutputNames(sources);
    const targets = new Map<string, Targets>();
    for (const source of sources) {
      const stem = stemOf(withoutPassword(source));
      const isOwn = out !== undefined && !isShared;
      const results = isOwn ? names.claim(out, stem, format.extension) : undefined;
      targets.set(source, { results, saved: savedFile(flags, stem, names, isOnly) });
    }
    const document =
      isShared && out !== undefined ? names.claim(out, DOCUMENT_STEM, format.extension) : undefined;
    const eventFile = events === '-' ? undefined : events;
    const own = [...targets.values()].flatMap(({ results, saved }) => [results, saved]);
    for (const file of [document, eventFile, ...own]) {
      for (const source of sources) if (file) await requireOther(source, file);
    }
    const results = [...targets.values()].map((target) => target.results);
    // A file that --save names may be any video; NAME.detected.mp4 is a copy of an earlier run.
    const saves = own.filter((file) => file === flags.save && !isAnnotatedName(file!));
    const fresh = [document, eventFile, ...results, ...saves].filter((file) => file !== undefined);
    if (!force) await requireAbsent(fresh);
    const prints = out === undefined && events !== '-';
    // The events come first: their file stays when the other one cannot be made, a temporary one must not.
    const follows = eventFile === undefined ? undefined : await LineFile.create(eventFile);
    const file = document === undefined ? undefined : await PendingFile.create(document);
    return new VideoOutputs(targets, format, ffmpegPath(ffmpeg), {
      results: prints || file ? new ResultLines(format, file) : undefined,
      events: events === undefined ? undefined : new EventLines(follows),
      places: [
        ...(document ? [`results in ${document}`] : []),
        ...(eventFile ? [`events in ${eventFile}`] : []),
      ],
    });
  }

  /** @throws FILE_WRITE */
  async open(source: string): Promise<VideoFiles> {
    const { results, saved } = this.#targets.get(source)!;
    const file = results === undefined ? undefined : await PendingFile.create(results);
    const lines = file && new ResultLines(this.#format, file);
    return new VideoFiles({
      results: lines ?? this.#results,
      ownsResults: lines !== undefined,
      events: this.#events,
      writer: saved === undefined ? undefined : new VideoWriter(saved, this.#ffmpeg),
      places: [
        ...(results ? [`results in ${results}`] : []),
        ...(this.#targets.size === 1 ? this.places : []),
      ],
    });
  }

  /** Completes the files that all videos share. */
  async finish(): Promise<void> {
    await this.#results?.commit();
    await this.#events?.close();
  }

  /** Removes incomplete files. */
  async discard(): Promise<void> {
    await this.#results?.discard();
    await this.#events?.close();
  }
}

function savedFile(
  { save, out }: DetectFlags,
  stem: string,
  names: OutputNames,
  isOnly: boolean,
): string | undefined {
  if (!save) return undefined;
  const ending = ANNOTATED_MARK + VIDEO_EXTENSIONS[0];
  if (save === true) return names.claim(out ?? SAVE_FOLDER, stem, ending);
  const extension = path.extname(save).toLowerCase();
  if (isOnly && VIDEO_EXTENSIONS.includes(extension)) return save;
  if (extension === '') return names.claim(save, stem, ending);
  const file = isOnly ? ` or a file with ${VIDEO_EXTENSIONS.join(', ')}` : '';
  const videos = isOnly ? 'a video' : 'several videos';
  throw new RefineDetError('USAGE', `--save of ${videos} is a folder${file}, not "${save}"`);
}

/** Name of files for a source: of a file its own, else its letters. */
function stemOf(name: string): string {
  const isAddress = /^(\w+:\/\/|camera:)/.test(name);
  const base = isAddress ? name : path.basename(name, path.extname(name));
  return base.replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '_').replace(/^\.+/, '') || 'video';
}
