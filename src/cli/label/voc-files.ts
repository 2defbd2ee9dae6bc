/** PASCAL VOC: one XML file for each image, in Annotations or beside the image. */
import path from 'node:path';
import { relativeName, withoutExtension } from '../../datasets/dataset-files.ts';
import { type LabelBox, replaceLabel } from '../../datasets/labeling/label-boxes.ts';
import {
  readVocLabels,
  replaceVocClass,
  writeVocLabels,
} from '../../datasets/labeling/voc-labels.ts';
import { XmlError } from '../../datasets/xml.ts';
import { RefineDetError } from '../../errors.ts';
import { type AnnotationFiles, FolderText, type StoredBoxes, sizeOf } from './annotation-files.ts';

const ANNOTATIONS = /^annotations$/i;
const IMAGES = ['JPEGImages', 'images'];

export class VocFiles implements AnnotationFiles {
  readonly format = 'voc';
  readonly holdsDifficult = true;
  readonly #root: string;
  readonly #text: FolderText;
  readonly #xml: Set<string>;
  /** Folders of annotations by the folder that they belong to. */
  readonly #folders: Map<string, string>;

  /** @param files all files of the folder */
  constructor(root: string, files: readonly string[]) {
    this.#root = root;
    this.#text = new FolderText(root);
    this.#xml = new Set(files.filter((file) => /\.xml$/i.test(file)));
    const folders = [...new Set([...this.#xml].map((file) => path.dirname(file)))];
    const annotations = folders.filter((folder) => ANNOTATIONS.test(path.basename(folder)));
    this.#folders = new Map(annotations.map((folder) => [path.dirname(folder), folder]));
    if (this.#xml.size === 0) this.#folders.set(root, path.join(root, 'Annotations'));
  }

  async classes(): Promise<string[]> {
    const text = await this.#text.read(this.#classFile);
    const names = (text ?? '').split(/\r\n|\n|\r/).map((name) => name.trim());
    return [...new Set(names.filter((name) => name !== ''))];
  }

  async addClass(name: string): Promise<void> {
    // Without a list the names of all boxes are the classes.
    if ((await this.#text.read(this.#classFile)) === undefined) return;
    const names = await this.classes();
    if (names.includes(name)) return;
    await this.#writeClasses([...names, name]);
  }

  async #writeClasses(names: readonly string[]): Promise<void> {
    const lines = [...new Set(names)].map((name) => `${name}\n`);
    await this.#text.write(this.#classFile, lines.join(''));
  }

  async replaceClass(from: string, to: string | undefined, images: readonly string[]) {
    for (const image of images) await this.#replaceIn(image, from, to);
    if ((await this.#text.read(this.#classFile)) === undefined) return;
    const names = (await this.classes()).flatMap((name) => (name === from ? (to ?? []) : name));
    await this.#writeClasses(names);
  }

  async #replaceIn(image: string, from: string, to: string | undefined): Promise<void> {
    const file = this.#fileOf(image);
    const text = this.#xml.has(file) ? await this.#text.read(file) : undefined;
    if (text === undefined) return;
    const replaced = named(file, () => replaceVocClass(text, from, to));
    if (replaced === undefined) {
      const { boxes } = await this.read(image);
      await this.write(image, replaceLabel(boxes, from, to));
    } else if (replaced !== text) await this.#text.write(file, replaced);
  }

  isLabeled(image: string): boolean {
    return this.#xml.has(this.#fileOf(image));
  }

  async read(image: string): Promise<StoredBoxes> {
    const file = this.#fileOf(image);
    const text = await this.#text.read(file);
    if (text === undefined) return { boxes: [], content: '' };
    return { boxes: named(file, () => readVocLabels(text)), content: text };
  }

  async write(image: string, boxes: readonly LabelBox[]): Promise<void> {
    const file = this.#fileOf(image);
    const before = await this.#text.read(file);
    const size = await sizeOf(image);
    const name = path.basename(image);
    await this.#text.write(
      file,
      named(file, () => writeVocLabels(name, size, boxes, before)),
    );
    this.#xml.add(file);
  }

  get #classFile(): string {
    return path.join(this.#root, 'classes.txt');
  }

  #fileOf(image: string): string {
    const beside = `${withoutExtension(image)}.xml`;
    if (this.#xml.has(beside)) return beside;
    for (let folder = path.dirname(image); ; folder = path.dirname(folder)) {
      const annotations = this.#folders.get(folder);
      if (annotations) return path.join(annotations, `${this.#nameIn(folder, image)}.xml`);
      if (folder === this.#root || folder === path.dirname(folder)) return beside;
    }
  }

  /** Name of an image relative to the folder of images. */
  #nameIn(folder: string, image: string): string {
    const name = withoutExtension(relativeName(folder, image));
    const [first, ...rest] = name.split('/');
    return IMAGES.includes(first) && rest.length > 0 ? rest.join('/') : name;
  }
}

function named<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause;
    const message = `${file}:${cause.line}: ${cause.message}`;
    throw new RefineDetError('DATASET_FORMAT', message, { cause });
  }
}
