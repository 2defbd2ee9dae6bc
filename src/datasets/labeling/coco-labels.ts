/** Labels inside a COCO JSON value. Other keys and the segmentations of unchanged boxes stay as they were. */
import { isRecord } from '../../json.ts';
import type { ImageSize } from '../image-size.ts';
import { isSameBox, type LabelBox } from './label-boxes.ts';

type Fields = Record<string, unknown>;

export class CocoLabels {
  readonly #root: Fields;
  readonly #images: Fields[];
  readonly #categories: Fields[];
  readonly #byName: Map<unknown, Fields>;
  /** Names of images by what is behind their last slash. */
  readonly #byBase: Map<string, string>;
  readonly #byImage = new Map<string, Fields[]>();
  #nextId = 1;

  /** @param root content of the file, which changes in place; {@link emptyCoco} for a new file */
  constructor(root: unknown) {
    if (!isRecord(root)) throw new SyntaxError('the file is not an object');
    this.#root = root;
    this.#images = list(root, 'images');
    this.#categories = list(root, 'categories');
    this.#byName = new Map(this.#images.map((image) => [image['file_name'], image]));
    const names = this.#images.map((image) => String(image['file_name']));
    this.#byBase = new Map(names.map((name) => [baseOf(name), name]));
    for (const annotation of list(root, 'annotations')) {
      const key = String(annotation['image_id']);
      const others = this.#byImage.get(key);
      if (others) others.push(annotation);
      else this.#byImage.set(key, [annotation]);
      if (Number(annotation['id']) >= this.#nextId) this.#nextId = Number(annotation['id']) + 1;
    }
  }

  get classes(): string[] {
    return [...new Set(this.#categories.map(({ name }) => String(name)))];
  }

  /** Name of an image in the file: the given one, else the only one that ends like it. */
  nameOf(fileName: string): string | undefined {
    if (this.#byName.has(fileName)) return fileName;
    return this.#byBase.get(baseOf(fileName));
  }

  addClass(name: string): void {
    if (this.classes.includes(name)) return;
    const ids = this.#categories.map(({ id }) => Number(id)).filter(Number.isFinite);
    this.#categories.push({ id: Math.max(0, ...ids) + 1, name });
  }

  /** Gives all annotations of a class another one, or deletes them with the class. */
  replaceClass(from: string, to?: string): void {
    const isFrom = ({ name }: Fields) => String(name) === from;
    const others = this.#categories.filter((category) => !isFrom(category));
    const target = others.find(({ name }) => String(name) === to);
    if (to !== undefined && !target) {
      for (const category of this.#categories) if (isFrom(category)) category['name'] = to;
      return;
    }
    const ids = new Set(this.#categories.filter(isFrom).map(({ id }) => String(id)));
    for (const [image, annotations] of this.#byImage) {
      const rest = annotations.filter(({ category_id: id }) => target || !ids.has(String(id)));
      for (const annotation of rest) {
        if (ids.has(String(annotation['category_id']))) annotation['category_id'] = target!['id'];
      }
      this.#byImage.set(image, rest);
    }
    this.#categories.splice(0, this.#categories.length, ...others);
  }

  /** Boxes of an image by its file name; none for an unknown image. */
  boxes(fileName: string): LabelBox[] {
    return this.annotations(fileName).flatMap((annotation) => this.#labelBox(annotation) ?? []);
  }

  /** Records of an image. */
  annotations(fileName: string): readonly Fields[] {
    const image = this.#byName.get(fileName);
    return (image && this.#byImage.get(String(image['id']))) ?? [];
  }

  /** Replaces the boxes of an image, and adds the image if the file lacks it. */
  set(fileName: string, { width, height }: ImageSize, boxes: readonly LabelBox[]): void {
    for (const { label } of boxes) this.addClass(label);
    const image = this.#byName.get(fileName) ?? this.#addImage(fileName, width, height);
    const key = String(image['id']);
    const old = this.#byImage.get(key) ?? [];
    const known = old.map((annotation) => ({ annotation, box: this.#labelBox(annotation) }));
    const records = boxes.map((box) => {
      const same = known.find((other) => other.box && isSameBox(other.box, box));
      return same?.annotation ?? this.#record(image, box);
    });
    const foreign = known.filter(({ box }) => !box).map(({ annotation }) => annotation);
    this.#byImage.set(key, [...new Set([...records, ...foreign])]);
  }

  /** The content of the file. */
  toJSON(): Fields {
    return { ...this.#root, annotations: [...this.#byImage.values()].flat() };
  }

  #addImage(fileName: string, width: number, height: number): Fields {
    const ids = this.#images.map(({ id }) => Number(id)).filter(Number.isFinite);
    const image = { id: Math.max(0, ...ids) + 1, file_name: fileName, width, height };
    this.#images.push(image);
    this.#byName.set(fileName, image);
    return image;
  }

  #record(image: Fields, { label, box, difficult }: LabelBox): Fields {
    const category = this.#categories.find(({ name }) => name === label)!;
    const { x, y, width, height } = box;
    return {
      id: this.#nextId++,
      image_id: image['id'],
      category_id: category['id'],
      bbox: [x, y, width, height],
      area: width * height,
      iscrowd: 0,
      ...(difficult && { difficult: 1 }),
    };
  }

  /** Crowd regions and what is not a box are not shown, and stay. */
  #labelBox(annotation: Fields): LabelBox | undefined {
    const { bbox, category_id: id, difficult, iscrowd } = annotation;
    const category = this.#categories.find((other) => String(other['id']) === String(id));
    if (!category || !Array.isArray(bbox) || bbox.length !== 4) return undefined;
    const [x, y, width, height] = bbox.map(Number);
    const isBox = [x, y, width, height].every(Number.isFinite) && width > 0 && height > 0;
    if (!isBox || iscrowd === 1 || iscrowd === true) return undefined;
    const box = { x, y, width, height };
    return { label: String(category['name']), box, difficult: difficult === 1 };
  }
}

const baseOf = (name: string): string => name.replace(/^.*[/\\\\]/, '');

export const emptyCoco = (): Fields => ({ images: [], annotations: [], categories: [] });

function list(root: Fields, key: string): Fields[] {
  const value = root[key];
  if (!Array.isArray(value) || !value.every(isRecord)) {
    throw new SyntaxError(`"${key}" is not a list of objects`);
  }
  return value;
}
