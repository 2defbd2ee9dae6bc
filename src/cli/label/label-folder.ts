/** A folder of images being labeled: its files, their versions, and changes one after the other. */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import {
  entryKind,
  mapConcurrently,
  relativeName,
  withoutExtension,
} from '../../datasets/dataset-files.ts';
import { type DatasetFormat, WRITTEN_FORMATS } from '../../datasets/dataset-types.ts';
import { DONE_FILE, doneText, parseDone } from '../../datasets/labeling/done-file.ts';
import {
  areSameLabels,
  countByClass,
  type ImageLabels,
  type LabelBox,
} from '../../datasets/labeling/label-boxes.ts';
import { loadSplits, openDataset } from '../../datasets/load-dataset.ts';
import { RefineDetError } from '../../errors.ts';
import { isDecodableName } from '../../image/image-names.ts';
import { writeWhole } from '../output-files.ts';
import { type AnnotationFiles, textOf } from './annotation-files.ts';
import { CocoFiles } from './coco-files.ts';
import { filesBelow, insidePath } from './folder-files.ts';
import { VocFiles } from './voc-files.ts';
import { YoloFiles } from './yolo-files.ts';

/** Labels and what `write` needs to notice another change. */
export interface VersionedLabels {
  labels: ImageLabels;
  version: string;
}

/** Result of a write: the new version, or what is on disk instead of what the client has read. */
export type WriteResult =
  | { written: true; version: string }
  | { written: false; current: VersionedLabels };

export class LabelFolder {
  readonly root: string;
  readonly files: AnnotationFiles;
  /** Names of the images, with slashes. */
  readonly images: string[];
  readonly #done: Set<string>;
  /** Ends when the change before has ended. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(root: string, files: AnnotationFiles, images: string[], done: Set<string>) {
    this.root = root;
    this.files = files;
    this.images = images;
    this.#done = done;
  }

  /**
   * @param format of the dataset; default: found, and VOC for a plain folder of images
   * @throws FILE_NOT_FOUND, DATASET_FORMAT for a format that is not written, INVALID_OPTION
   */
  static async open(folder: string, format?: DatasetFormat): Promise<LabelFolder> {
    if ((await entryKind(folder)) !== 'folder') {
      throw new RefineDetError('FILE_NOT_FOUND', `not a folder: ${folder}`);
    }
    const root = await realpath(folder);
    const all = await filesBelow(root);
    const images = all.filter(isDecodableName).map((file) => relativeName(root, file));
    const done = await readDone(path.join(root, DONE_FILE));
    return new LabelFolder(root, await annotationFiles(root, all, format), images, done);
  }

  /** Different for every folder, and says nothing about its place. */
  get id(): string {
    return createHash('sha256').update(this.root).digest('hex').slice(0, 16);
  }

  get name(): string {
    return path.basename(this.root);
  }

  isDone(image: string): boolean {
    return this.#done.has(image);
  }

  isLabeled(image: string): boolean {
    return this.files.isLabeled(path.join(this.root, image));
  }

  /** Path of an image of the list. @throws NOT_FOUND, FORBIDDEN */
  async imageFile(image: string): Promise<string> {
    const file = await insidePath(this.root, image);
    if (isDecodableName(image) && (await entryKind(file)) === 'file') return file;
    throw new RefineDetError('NOT_FOUND', `not an image of the folder: ${JSON.stringify(image)}`);
  }

  async read(image: string): Promise<VersionedLabels> {
    const { boxes, content } = await this.files.read(await this.imageFile(image));
    const done = this.isDone(image);
    // The class list, from which labels have their names, may change apart from the rest.
    const state = JSON.stringify([done, boxes, content]);
    const version = createHash('sha256').update(state).digest('base64url');
    return { labels: { boxes, done }, version };
  }

  /**
   * Writes labels unless those on disk have another version.
   * @throws NOT_FOUND, FORBIDDEN, FILE_WRITE, DATASET_FORMAT
   */
  write(image: string, labels: ImageLabels, version: string): Promise<WriteResult> {
    return this.#afterOthers(async () => {
      const current = await this.read(image);
      if (current.version !== version) return { written: false, current };
      const file = await this.imageFile(image);
      const before = { ...current.labels, done: labels.done };
      const isNew = labels.done && !this.files.isLabeled(file);
      if (isNew || !areSameLabels(before, labels)) await this.files.write(file, labels.boxes);
      if (labels.done !== current.labels.done) await this.#setDone(image, labels.done);
      return { written: true, version: (await this.read(image)).version };
    });
  }

  addClass(name: string): Promise<void> {
    return this.#afterOthers(() => this.files.addClass(name));
  }

  /**
   * Gives all boxes of a class another one; without `to`, deletes them and the class.
   * @throws FILE_WRITE, DATASET_FORMAT; every file has its old or its new content then
   */
  replaceClass(from: string, to?: string): Promise<void> {
    const images = this.images.map((image) => path.join(this.root, image));
    return this.#afterOthers(() => this.files.replaceClass(from, to, images));
  }

  /**
   * Adds an image under its name, or a similar one that is free.
   * @returns the name
   * @throws FORBIDDEN, FILE_WRITE
   */
  addImage(name: string, bytes: Uint8Array): Promise<string> {
    return this.#afterOthers(async () => {
      const { dir, name: stem, ext } = path.posix.parse(name);
      const folder = dir || commonFolder(this.images);
      for (let copy = 1; ; copy++) {
        const free = path.posix.join(folder, copy === 1 ? stem + ext : `${stem}-${copy}${ext}`);
        const file = await insidePath(this.root, free);
        if ((await entryKind(file)) !== 'missing' || this.#hasStem(free)) continue;
        await writeWhole(file, bytes);
        this.images.push(free);
        return free;
      }
    });
  }

  /** Number of boxes of every image and class, and all classes: reads all files. */
  async summary() {
    const boxes = await mapConcurrently(
      this.images,
      async (image): Promise<readonly LabelBox[]> => {
        if (!this.isLabeled(image)) return [];
        try {
          return (await this.read(image)).labels.boxes;
        } catch (error) {
          // Opening the image shows the reason.
          if (error instanceof RefineDetError) return [];
          throw error;
        }
      },
    );
    const counts = countByClass(boxes.flat());
    const classes = [...new Set([...(await this.files.classes()), ...counts.keys()])];
    return { classes, boxes: boxes.map(({ length }) => length), byClass: [...counts] };
  }

  /** Whether an image shares its label file with a new one: names without their extensions count. */
  #hasStem(image: string): boolean {
    const stem = withoutExtension(image);
    return this.images.some((other) => withoutExtension(other) === stem);
  }

  async #setDone(image: string, done: boolean): Promise<void> {
    const file = path.join(this.root, DONE_FILE);
    const next = await readDone(file); // another server may have written it
    if (done) next.add(image);
    else next.delete(image);
    await writeWhole(file, doneText(next));
    if (done) this.#done.add(image);
    else this.#done.delete(image);
  }

  #afterOthers<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

async function annotationFiles(
  root: string,
  all: readonly string[],
  format?: DatasetFormat,
): Promise<AnnotationFiles> {
  const source = await openOrPlain(root, format);
  if (!source) return new VocFiles(root, all);
  if (source.format === 'voc') return new VocFiles(root, all);
  if (source.format === 'yolo') return new YoloFiles(source.root, all, source.files);
  if (source.format === 'coco') {
    return new CocoFiles(root, await loadSplits(root, { format: 'coco' }));
  }
  const message = `${root} is read as ${source.format}, which is not written: convert it to ${WRITTEN_FORMATS.join(', ')} first`;
  throw new RefineDetError('DATASET_FORMAT', message);
}

/** @returns undefined for a folder of images without annotations */
async function openOrPlain(root: string, format?: DatasetFormat) {
  try {
    return await openDataset(root, { format });
  } catch (error) {
    const isPlain = error instanceof RefineDetError && error.message.startsWith('not a dataset');
    if (isPlain && !format) return undefined;
    throw error;
  }
}

async function readDone(file: string): Promise<Set<string>> {
  const text = await textOf(file);
  if (text === undefined) return new Set();
  const done = parseDone(text);
  if (done) return done;
  throw new RefineDetError('DATASET_FORMAT', `${file} is not a list of finished images`);
}

/** Folder in which most datasets have all their images; '' without images. */
function commonFolder(images: readonly string[]): string {
  const [first] = images;
  return first === undefined ? '' : path.posix.dirname(first).replace(/^\.$/, '');
}
