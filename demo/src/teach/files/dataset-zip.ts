/** Datasets as files in a zip: what `refinedet train` reads. */

import type { WrittenFormat } from '../../../../src/datasets/dataset-types.ts';
import { CocoLabels, emptyCoco } from '../../../../src/datasets/labeling/coco-labels.ts';
import { DONE_FILE, doneText } from '../../../../src/datasets/labeling/done-file.ts';
import type { LabelBox } from '../../../../src/datasets/labeling/label-boxes.ts';
import { writeVocLabels } from '../../../../src/datasets/labeling/voc-labels.ts';
import { writeYoloLabels } from '../../../../src/datasets/labeling/yolo-label-text.ts';
import type { Size } from '../editor/geometry.ts';

export interface LabeledImage {
  /** Without folders, and unique. */
  name: string;
  size: Size;
  boxes: readonly LabelBox[];
  done: boolean;
}

/** A text file by its path. */
export type TextFile = readonly [path: string, content: string];

interface Layout {
  /** Where an image is. */
  imagePath(name: string): string;
  /** Where an image is of which nothing is known yet: training must not take it for background. */
  newPath(name: string): string;
  texts(images: readonly LabeledImage[], classes: readonly string[]): TextFile[];
}

const stemOf = (name: string): string => name.replace(/\.[^.]*$/, '');
const lines = (items: readonly string[]): string => items.map((item) => `${item}\n`).join('');

export const LAYOUTS: Readonly<Record<WrittenFormat, Layout>> = {
  voc: {
    imagePath: (name) => `JPEGImages/${name}`,
    newPath: (name) => `JPEGImages/${name}`,
    texts: (images, classes) => [
      ['classes.txt', lines(classes)],
      ...images.map(({ name, size, boxes }): TextFile => {
        return [`Annotations/${stemOf(name)}.xml`, writeVocLabels(name, size, boxes)];
      }),
    ],
  },
  yolo: {
    imagePath: (name) => `images/train/${name}`,
    newPath: (name) => `images/new/${name}`,
    texts: (images, classes) => [
      ['data.yaml', `train: images/train\nnames:\n${lines(classes.map(yamlName))}`],
      ...images.map(({ name, size, boxes }): TextFile => {
        return [`labels/train/${stemOf(name)}.txt`, writeYoloLabels(boxes, classes, size)];
      }),
    ],
  },
  coco: {
    imagePath: (name) => `train/${name}`,
    newPath: (name) => `train/${name}`,
    texts: (images, classes) => {
      const coco = new CocoLabels(emptyCoco());
      for (const label of classes) coco.addClass(label);
      for (const { name, size, boxes } of images) coco.set(name, size, boxes);
      return [['annotations/instances_train.json', `${JSON.stringify(coco, null, 1)}\n`]];
    },
  },
};

/** All text files of a zip: labels, and which images are done. */
export function zipTexts(
  format: WrittenFormat,
  images: readonly LabeledImage[],
  classes: readonly string[],
): TextFile[] {
  const { texts, imagePath } = LAYOUTS[format];
  const done = images.filter((image) => image.done).map(({ name }) => imagePath(name));
  return [[DONE_FILE, doneText(done)], ...texts(images, classes)];
}

/** JSON strings are YAML strings. */
const yamlName = (name: string, classId: number): string => `  ${classId}: ${JSON.stringify(name)}`;

/** Names without folders, different also without their extensions, by the names of the store. */
export function flatNames(names: readonly string[]): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    names.map((name) => {
      const flat = name.replace(/[/\s"']+/g, '_');
      const [stem, extension] = [stemOf(flat), flat.slice(stemOf(flat).length)];
      let free = stem;
      for (let copy = 2; taken.has(free.toLowerCase()); copy++) free = `${stem}-${copy}`;
      taken.add(free.toLowerCase());
      return [name, free + extension];
    }),
  );
}
