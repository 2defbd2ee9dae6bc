/** Writes frames as a video file: H.264 where ffmpeg has it, with the sound of the original. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { RefineDetError } from '../errors.ts';
import type { RawImage } from '../image/raw-image.ts';
import { makeFolder } from '../make-folder.ts';
import { writeError } from '../write-error.ts';
import { ended, Messages, QUIET, readMessages, runProgram, startProgram } from './ffmpeg.ts';
import { frameHeader, matroskaHeader } from './matroska.ts';

/** Containers, by extension, as ffmpeg calls them. */
const CONTAINERS: Record<string, string> = { '.mp4': 'mp4', '.mov': 'mov', '.mkv': 'matroska' };
export const VIDEO_EXTENSIONS = Object.keys(CONTAINERS);

/** Encoders by preference, with their options. */
const ENCODERS: readonly (readonly [name: string, ...options: string[]])[] = [
  ['libx264', '-preset', 'veryfast', '-crf', '23'],
  ['libopenh264', '-b:v', '4M'],
  ['h264_videotoolbox', '-b:v', '4M'],
  ['mpeg4', '-q:v', '4'],
];
/** Sound that all containers can hold as it is; other sound becomes AAC. (MOV has no Opus.) */
const COPIED_SOUND = new Set(['aac', 'mp3', 'ac3', 'eac3', 'alac']);
/** Ticks of a second in the file: fits all usual frame rates. */
const CLOCK = 90_000;

/** Where the sound comes from. */
export interface Sound {
  /** File with the sound. */
  file: string;
  codec: string;
  /** Time in milliseconds at which it begins. */
  start: number;
}

/** A video file in the making: it appears under its name when it is complete. */
export class VideoWriter {
  readonly #file: string;
  readonly #ffmpeg: string;
  readonly #images: string;
  readonly #whole: string;
  #encoder: Encoder | undefined;
  /** Times in milliseconds. */
  #first = 0;
  #last = 0;
  #step = 0;
  #size = '';

  /** @param file its extension selects the container */
  constructor(file: string, ffmpeg: string) {
    this.#file = file;
    this.#ffmpeg = ffmpeg;
    const extension = path.extname(file).toLowerCase();
    this.#images = `${file}.${randomUUID()}.tmp${extension}`;
    this.#whole = `${file}.${randomUUID()}.tmp${extension}`;
  }

  /**
   * Appends a frame; waits while ffmpeg is slower.
   * @param image RGB
   * @param time milliseconds, later than that of the frame before
   * @throws FILE_WRITE, VIDEO_SIZE, MISSING_DEPENDENCY
   */
  async write({ data, width, height }: RawImage, time: number): Promise<void> {
    const size = `${width}×${height}`;
    if (!this.#encoder) {
      this.#encoder = await Encoder.start(this.#images, this.#ffmpeg, width, height);
      this.#first = time;
      this.#size = size;
    } else {
      this.#step = time - this.#last;
    }
    if (size !== this.#size) {
      const change = `from ${this.#size} to ${size}`;
      throw new RefineDetError('VIDEO_SIZE', `the frames of ${this.#file} change ${change}`);
    }
    this.#last = time;
    await this.#encoder.write(frameHeader(time - this.#first, data.length));
    await this.#encoder.write(data as Uint8Array);
  }

  get file(): string {
    return this.#file;
  }

  /** Whether there is, or will be, a file. */
  get hasFrames(): boolean {
    return this.#encoder !== undefined;
  }

  /**
   * Completes the file. Without a frame there is none.
   * @param sound copied for the time of the frames
   * @param warn receives why the sound is missing: the images are kept then
   * @throws FILE_WRITE
   */
  async finish(sound?: Sound, warn: (message: string) => void = () => {}): Promise<void> {
    if (!this.#encoder) return;
    try {
      await this.#encoder.end();
      const reason = sound && (await this.#addSound(sound));
      if (reason) warn(`${this.#file} has no sound: ${reason}`);
      await rename(sound && !reason ? this.#whole : this.#images, this.#file);
    } catch (cause) {
      await this.discard();
      throw cause instanceof RefineDetError ? cause : writeError(this.#file, cause);
    }
    await this.#remove();
  }

  /** Removes what is there. */
  async discard(): Promise<void> {
    await this.#encoder?.kill();
    await this.#remove();
  }

  async #remove(): Promise<void> {
    for (const file of [this.#images, this.#whole]) await rm(file, { force: true });
  }

  /**
   * Copies the images beside the sound: how long that must be is known only now.
   * @returns why that failed
   */
  async #addSound({ file, codec, start }: Sound): Promise<string | undefined> {
    const seconds = (ms: number) => (ms / 1000).toFixed(6);
    const images = ['-itsoffset', seconds(this.#first - start), '-i', `file:${this.#images}`];
    const length = seconds(this.#last + this.#step - start);
    const sound = ['-ss', seconds(start), '-t', length, '-i', `file:${path.resolve(file)}`];
    const maps = ['-map', '0:v', '-map', '1:a:0', '-c:v', 'copy'];
    const coded = ['-c:a', start === 0 && COPIED_SOUND.has(codec) ? 'copy' : 'aac'];
    const safe = ['-protocol_whitelist', 'file'];
    const args = [...QUIET, '-y', ...images, ...safe, ...sound, ...maps, ...coded];
    const { code, errors } = await runProgram(this.#ffmpeg, [...args, ...outputOf(this.#whole)]);
    return code === 0 ? undefined : (errors[0] ?? 'ffmpeg failed');
  }
}

/** ffmpeg that encodes the frames on its standard input. */
class Encoder {
  readonly #file: string;
  readonly #child: ReturnType<typeof startProgram>;
  readonly #ended: ReturnType<typeof ended>;
  readonly #messages = new Messages();
  readonly #read: Promise<void>;

  private constructor(file: string, ffmpeg: string, args: readonly string[]) {
    this.#file = file;
    this.#child = startProgram(ffmpeg, args, true);
    this.#ended = ended(this.#child);
    this.#read = readMessages(this.#child, (line) => this.#messages.add(line));
    this.#child.stdin!.on('error', () => {}); // its exit code tells
    this.#child.stdout.resume();
  }

  /** @throws FILE_WRITE, MISSING_DEPENDENCY */
  static async start(file: string, ffmpeg: string, width: number, height: number) {
    try {
      await makeFolder(path.dirname(file));
    } catch (cause) {
      throw writeError(finalName(file), cause);
    }
    const { output } = await runProgram(ffmpeg, [...QUIET, '-encoders']);
    const known = new Set(Array.from(output.matchAll(/^ V\S+ (\S+)/gm), ([, name]) => name));
    const [name, ...options] = ENCODERS.find(([name]) => known.has(name)) ?? ENCODERS.at(-1)!;
    const encoder = new Encoder(file, ffmpeg, [
      ...[...QUIET, '-y', '-f', 'matroska', '-i', 'pipe:0'],
      // Chroma has half the resolution: sizes must be even.
      ...['-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', '-pix_fmt', 'yuv420p'],
      ...['-c:v', name, ...options, '-fps_mode', 'passthrough', '-enc_time_base', `1:${CLOCK}`],
      ...outputOf(file),
    ]);
    await encoder.write(matroskaHeader(width, height));
    return encoder;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const input = this.#child.stdin!;
    if (!input.destroyed) {
      if (input.write(bytes)) return;
      // ffmpeg closes its input before its error is read.
      const drained = once(input, 'drain').then(
        () => true,
        () => false,
      );
      if (await Promise.race([drained, this.#ended.then(() => false)])) return;
    }
    await Promise.all([this.#ended, this.#read]);
    throw failed(this.#file, this.#messages.errors);
  }

  /** @throws FILE_WRITE */
  async end(): Promise<void> {
    this.#child.stdin!.end();
    const [{ code }] = await Promise.all([this.#ended, this.#read]);
    if (code !== 0) throw failed(this.#file, this.#messages.errors);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

function outputOf(file: string): string[] {
  const container = CONTAINERS[path.extname(file).toLowerCase()];
  const clock = container === 'matroska' ? [] : ['-video_track_timescale', String(CLOCK)];
  return ['-movflags', '+faststart', ...clock, '-f', container, `file:${path.resolve(file)}`];
}

/** Name without what makes a file temporary. */
function finalName(file: string): string {
  return file.replace(/\.[\da-f-]{36}\.tmp\.\w+$/, '');
}

function failed(file: string, errors: readonly string[]): RefineDetError {
  const name = finalName(file);
  if (errors.some((error) => /no space left/i.test(error))) {
    return writeError(name, Object.assign(new Error(errors[0]), { code: 'ENOSPC' }));
  }
  return new RefineDetError(
    'FILE_WRITE',
    `${name} cannot be written: ${errors[0] ?? 'ffmpeg failed'}`,
  );
}
