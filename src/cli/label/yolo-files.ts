/** YOLO: one text file for each image, and the class list in data.yaml or classes.txt. */
import path from 'node:path';
import { parseDocument } from 'yaml';
import type { LabelBox } from '../../datasets/labeling/label-boxes.ts';
import {
  readYoloLabels,
  replaceYoloClass,
  writeYoloLabels,
} from '../../datasets/labeling/yolo-label-text.ts';
import { labelPath } from '../../datasets/yolo/label-path.ts';
import { readYoloConfig, type YoloConfig } from '../../datasets/yolo/yolo-config.ts';
import { yoloFolders } from '../../datasets/yolo/yolo-folders.ts';
import { type AnnotationFiles, FolderText, type StoredBoxes, sizeOf } from './annotation-files.ts';

export class YoloFiles implements AnnotationFiles {
  readonly format = 'yolo';
  readonly holdsDifficult = false;
  readonly #root: string;
  readonly #text: FolderText;
  readonly #labels: Set<string>;
  readonly #yaml: string | undefined;

  /**
   * @param files all files of the folder
   * @param lists files with the configuration or the classes
   */
  constructor(root: string, files: readonly string[], lists: readonly string[]) {
    this.#root = root;
    this.#text = new FolderText(root);
    this.#labels = new Set(files.filter((file) => file.endsWith('.txt')));
    this.#yaml = lists.find((file) => /\.ya?ml$/i.test(file));
  }

  async classes(): Promise<string[]> {
    return (await this.#config()).classes;
  }

  async addClass(name: string): Promise<void> {
    const config = await this.#config();
    if (!config.classes.includes(name)) await this.#writeNames(config, [...namesOf(config), name]);
  }

  async replaceClass(from: string, to: string | undefined, images: readonly string[]) {
    const config = await this.#config();
    const names = namesOf(config);
    if (to !== undefined && !names.includes(to)) {
      // The labels have numbers, of which only the name changes.
      await this.#writeNames(
        config,
        names.map((name) => (name === from ? to : name)),
      );
      return;
    }
    const target = to === undefined ? undefined : names.indexOf(to);
    for (const file of new Set(images.map(labelPath))) {
      const text = await this.#text.read(file);
      const replaced = text && replaceYoloClass(text, names.indexOf(from), target);
      if (replaced !== undefined && replaced !== text) await this.#text.write(file, replaced);
    }
    // Without a name in between all later labels would change their meaning.
    const isLast = names.length > 1 && names.at(-1) === from;
    if (isLast) await this.#writeNames(config, names.slice(0, -1));
  }

  async #writeNames({ file }: YoloConfig, names: readonly string[]): Promise<void> {
    if (this.#yaml) {
      const document = parseDocument((await this.#text.read(this.#yaml)) ?? '');
      document.set('names', names);
      if (document.has('nc')) document.set('nc', names.length);
      await this.#text.write(this.#yaml, document.toString());
      return;
    }
    const list = file.endsWith(path.sep) || file === this.#root ? this.#newList : file;
    await this.#text.write(list, names.map((line) => `${line}\n`).join(''));
  }

  isLabeled(image: string): boolean {
    return this.#labels.has(labelPath(image));
  }

  async read(image: string): Promise<StoredBoxes> {
    const text = await this.#text.read(labelPath(image));
    if (text === undefined) return { boxes: [], content: '' };
    // An empty file is an image without objects, whose content must differ from a missing file's.
    const content = `${text}\n`;
    if (text.trim() === '') return { boxes: [], content };
    const config = await this.#config();
    const size = await sizeOf(image);
    return { boxes: readYoloLabels(text, namesOf(config), size, config.keypoints), content };
  }

  async write(image: string, boxes: readonly LabelBox[]): Promise<void> {
    for (const label of new Set(boxes.map((box) => box.label))) await this.addClass(label);
    const config = await this.#config();
    const file = labelPath(image);
    const before = await this.#text.read(file);
    const size = await sizeOf(image);
    await this.#text.write(
      file,
      writeYoloLabels(boxes, namesOf(config), size, before, config.keypoints),
    );
    this.#labels.add(file);
  }

  get #newList(): string {
    return path.join(this.#root, 'classes.txt');
  }

  async #config(): Promise<YoloConfig> {
    if (this.#yaml) return readYoloConfig(this.#yaml);
    const found = await yoloFolders(this.#root);
    const none = { classes: [], classIds: [], splits: new Map(), keypoints: false };
    return found ?? { file: this.#newList, root: this.#root, ...none };
  }
}

const namesOf = ({ classes, classIds }: YoloConfig): string[] => classIds.map((id) => classes[id]);
