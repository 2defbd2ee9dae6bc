/** Types that all formats of detections share. */
import type { ImageResult } from '../../rounding.ts';
import type { Colors } from '../terminal.ts';

export { type ImageResult, roundedResult } from '../../rounding.ts';

export interface FormatContext {
  /** Class names of the model. */
  classes: readonly string[];
  colors: Colors;
}

/** One text for many images, written piece by piece: the memory does not grow with their number. */
export interface TextDocument {
  /** Text before the first image. */
  start?: string;
  image(result: ImageResult): string;
  end?(): string;
}

/** A JSON list with one item for each image. */
export function jsonList(item: (result: ImageResult) => unknown): TextDocument {
  let isFirst = true;
  return {
    image(result) {
      const opening = isFirst ? '[\n' : ',\n';
      isFirst = false;
      return opening + JSON.stringify(item(result));
    },
    end: () => (isFirst ? '[]\n' : '\n]\n'),
  };
}

export interface ResultFormat {
  /** Extension of files. */
  extension: string;
  /** One text for all images; formats without it have one text per image. */
  document?(context: FormatContext): TextDocument;
  /** Text of one image, where each has its own file; formats without it have one text for all. */
  page?(result: ImageResult): string;
  /** A file beside those of the images: its name and text. */
  listing?(context: FormatContext): { name: string; text: string };
}

/** Whether a box still has an area after rounding: formats hold no empty boxes. */
export function hasArea(width: number, height: number): boolean {
  return width > 0 && height > 0;
}
