/** COCO: the labels of many images in one JSON file, of which a folder may have several. */
import { stat } from 'node:fs/promises';
import { relativeName } from '../../datasets/dataset-files.ts';
import type { Dataset } from '../../datasets/dataset-types.ts';
import { CocoLabels } from '../../datasets/labeling/coco-labels.ts';
import type { LabelBox } from '../../datasets/labeling/label-boxes.ts';
import { RefineDetError } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { type AnnotationFiles, FolderText, type StoredBoxes, sizeOf } from './annotation-files.ts';

/** A file in memory while it is the one on disk. */
interface Loaded {
  labels: CocoLabels;
  /** Time and size of the file. */
  stamp: string;
}

/** Where an image is labeled. */
interface Place {
  file: string;
  /** Name of the image in the file. */
  name: string;
}

export class CocoFiles implements AnnotationFiles {
  readonly format = 'coco';
  readonly holdsDifficult = true;
  readonly #places = new Map<string, Place>();
  readonly #files: string[];
  readonly #text: FolderText;
  /** Folder to which names of new images are relative. */
  readonly #imageFolder: string;
  readonly #loaded = new Map<string, Loaded>();
  readonly #labeled = new Set<string>();

  /** @param splits all splits of the dataset */
  constructor(root: string, splits: readonly Dataset[]) {
    this.#text = new FolderText(root);
    const images = splits.flatMap((split) => split.images);
    this.#files = [...new Set(images.map(({ annotationPath }) => annotationPath))];
    for (const { path: file, annotationPath, boxes, fileName } of images) {
      this.#places.set(file, { file: annotationPath, name: fileName });
      if (boxes.length > 0) this.#labeled.add(file);
    }
    const [{ path: file, fileName }] = images;
    this.#imageFolder = file.slice(0, -fileName.length - 1);
  }

  async classes(): Promise<string[]> {
    const all = await Promise.all(this.#files.map((file) => this.#load(file)));
    return [...new Set(all.flatMap(({ labels }) => labels.classes))];
  }

  async addClass(name: string): Promise<void> {
    for (const file of this.#files) {
      const { labels } = await this.#load(file);
      if (labels.classes.includes(name)) continue;
      labels.addClass(name);
      await this.#save(file, labels);
    }
  }

  async replaceClass(from: string, to: string | undefined): Promise<void> {
    for (const file of this.#files) {
      const { labels } = await this.#load(file);
      if (!labels.classes.includes(from)) continue;
      labels.replaceClass(from, to);
      await this.#save(file, labels);
    }
  }

  isLabeled(image: string): boolean {
    return this.#labeled.has(image);
  }

  async read(image: string): Promise<StoredBoxes> {
    const { file, name } = await this.#placeOf(image);
    const { labels } = await this.#load(file);
    const annotations = labels.annotations(name);
    const content = annotations.length > 0 ? JSON.stringify(annotations) : '';
    return { boxes: labels.boxes(name), content };
  }

  async write(image: string, boxes: readonly LabelBox[]): Promise<void> {
    const { file, name } = await this.#placeOf(image);
    const size = await sizeOf(image);
    const { labels } = await this.#load(file);
    labels.set(name, size, boxes);
    await this.#save(file, labels);
    this.#labeled.add(image);
  }

  /** The name in the file may be another one than that of the file on disk. */
  async #placeOf(image: string): Promise<Place> {
    const known = this.#places.get(image);
    if (!known) return { file: this.#files[0], name: relativeName(this.#imageFolder, image) };
    const { labels } = await this.#load(known.file);
    const name = labels.nameOf(known.name) ?? known.name;
    this.#places.set(image, { ...known, name });
    return { ...known, name };
  }

  async #load(file: string): Promise<Loaded> {
    const stamp = await stampOf(file);
    const known = this.#loaded.get(file);
    if (known && known.stamp === stamp) return known;
    try {
      const labels = new CocoLabels(parseJson((await this.#text.read(file)) ?? ''));
      const loaded = { labels, stamp };
      this.#loaded.set(file, loaded);
      return loaded;
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new RefineDetError('DATASET_FORMAT', `${file}: ${cause.message}`, { cause });
    }
  }

  async #save(file: string, labels: CocoLabels): Promise<void> {
    try {
      await this.#text.write(file, `${JSON.stringify(labels)}\n`);
      this.#loaded.set(file, { labels, stamp: await stampOf(file) });
    } catch (error) {
      // What was not written must not be shown.
      this.#loaded.delete(file);
      throw error;
    }
  }
}

async function stampOf(file: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(file);
  return `${mtimeMs} ${size} ${ino}`;
}
