/** Where the labels of a folder's images are: one implementation for each format that is written. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { WrittenFormat } from '../../datasets/dataset-types.ts';
import { type ImageSize, readImageFileHeader } from '../../datasets/image-size.ts';
import type { LabelBox } from '../../datasets/labeling/label-boxes.ts';
import { uprightSize } from '../../image/header.ts';
import { writeWhole } from '../output-files.ts';
import { insidePath } from './folder-files.ts';

export interface StoredBoxes {
  boxes: LabelBox[];
  /** What is on disk for the image; changes with everything that another program may change. */
  content: string;
}

/** Images are absolute paths. */
export interface AnnotationFiles {
  readonly format: WrittenFormat;
  /** Whether the format has a mark for difficult boxes. */
  readonly holdsDifficult: boolean;
  /** Class list, where the folder has one. */
  classes(): Promise<string[]>;
  /** @throws FILE_WRITE */
  addClass(name: string): Promise<void>;
  /**
   * Gives all boxes of a class another one, which may be new; without `to`, deletes the class with its boxes.
   * @throws FILE_WRITE, DATASET_FORMAT
   */
  replaceClass(from: string, to: string | undefined, images: readonly string[]): Promise<void>;
  /** Whether there is something on disk for the image, without reading it. */
  isLabeled(image: string): boolean;
  /** @throws DATASET_FORMAT */
  read(image: string): Promise<StoredBoxes>;
  /**
   * Replaces the boxes of an image; what the format holds besides stays.
   * @throws FILE_WRITE, DATASET_FORMAT, IMAGE_*
   */
  write(image: string, boxes: readonly LabelBox[]): Promise<void>;
}

/** Annotation files of a folder; those outside are neither read nor written, also through links. */
export class FolderText {
  readonly root: string;

  /** @param root real path */
  constructor(root: string) {
    this.root = root;
  }

  /** Text of a file; undefined where it does not exist. @throws FORBIDDEN */
  async read(file: string): Promise<string | undefined> {
    return textOf(await insidePath(this.root, path.relative(this.root, file)));
  }

  /** @throws FORBIDDEN, FILE_WRITE */
  async write(file: string, content: string): Promise<void> {
    await writeWhole(await insidePath(this.root, path.relative(this.root, file)), content);
  }
}

/** Text of a file; undefined where it does not exist. */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Size as people see the image. @throws IMAGE_*, FILE_NOT_FOUND */
export const sizeOf = async (image: string): Promise<ImageSize> =>
  uprightSize(await readImageFileHeader(image));
