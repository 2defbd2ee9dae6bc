/** Where images and labels are kept: a folder behind `refinedet label`, or this browser. */
import type { ImageLabels } from '../../../../src/datasets/labeling/label-boxes.ts';

export type ImageState = 'new' | 'labeled' | 'done';

export interface ImageEntry {
  /** Unique in the store. */
  readonly name: string;
  state: ImageState;
  /** Number of boxes; undefined until the store has counted them. */
  boxes?: number;
}

export interface Project {
  name: string;
  /** Different for every place where labels are kept; runs and models belong to it. */
  id: string;
  /** Whether the format keeps the mark of difficult boxes. */
  holdsDifficult: boolean;
  classes: string[];
  images: ImageEntry[];
}

/** Labels and what `write` needs to notice another change. */
export interface VersionedLabels {
  labels: ImageLabels;
  version: string;
}

/** The new version, or what is stored instead of what was read. */
export type WriteResult = { version: string } | { current: VersionedLabels };

export interface Summary {
  classes: string[];
  /** Number of boxes by image, in the order of the images. */
  boxes: number[];
  /** Number of boxes of every class that has some. */
  byClass: (readonly [name: string, count: number])[];
}

export interface AnnotationStore {
  open(): Promise<Project>;
  summary(): Promise<Summary>;
  /** The file of an image. */
  image(name: string): Promise<Blob>;
  read(name: string): Promise<VersionedLabels>;
  /** Stores labels durably, unless the stored ones have another version. */
  write(name: string, labels: ImageLabels, version: string): Promise<WriteResult>;
  addClass(name: string): Promise<void>;
  /** Gives all boxes of a class another one, or deletes them without `to`; the class is gone then. */
  replaceClass(from: string, to?: string): Promise<void>;
  /** Adds an image under its name or a similar one, which is returned. */
  add(name: string, file: Blob): Promise<string>;
  /** Removes an image with its labels; missing where images are the user's files. */
  remove?(name: string): Promise<void>;
}

export function stateOf({ boxes, done }: ImageLabels): ImageState {
  if (done) return 'done';
  return boxes.length > 0 ? 'labeled' : 'new';
}
