/** What all formats of detections share. */
import type { Detection } from '../../boxes.ts';
import type { Colors } from '../terminal.ts';

/** What was found in one image. */
export interface ImageResult {
  /** Path or URL as given on the command line; `-` for the standard input. */
  file: string;
  /** Pixels, the image upright. */
  width: number;
  height: number;
  /** Best first. */
  detections: readonly Detection[];
}

export interface FormatContext {
  /** Class names of the model. */
  classes: readonly string[];
  colors: Colors;
}

/** One text over many images, piece by piece: thousands of images need no memory. */
export interface TextDocument {
  /** What comes before the first image. */
  start?: string;
  image(result: ImageResult): string;
  end?(): string;
}

export interface ResultFormat {
  /** Extension of files. */
  extension: string;
  /** All images in one text; formats without it have one text an image. */
  document?(context: FormatContext): TextDocument;
  /** The text of one image, where each has its own file; formats without it have one for all. */
  page?(result: ImageResult): string;
}

/** A ten-thousandth of a score and a hundredth of a pixel: finer is noise. */
const SCORE_STEPS = 1e4;
const PIXEL_STEPS = 1e2;

export function roundedScore(score: number): number {
  return Math.round(score * SCORE_STEPS) / SCORE_STEPS;
}

export function roundedPixels(pixels: number): number {
  return Math.round(pixels * PIXEL_STEPS) / PIXEL_STEPS;
}

/** A detection as machines read it. */
export function roundedDetection({ label, classId, score, box }: Detection): Detection {
  return {
    label,
    classId,
    score: roundedScore(score),
    box: {
      x: roundedPixels(box.x),
      y: roundedPixels(box.y),
      width: roundedPixels(box.width),
      height: roundedPixels(box.height),
    },
  };
}

/** Whether anything is left of a detection once its box is written: formats hold no empty boxes. */
export function hasArea(width: number, height: number): boolean {
  return width > 0 && height > 0;
}

/** An image's result as machines read it, with the keys in this order. */
export function roundedResult({ file, width, height, detections }: ImageResult): ImageResult {
  return { file, width, height, detections: detections.map(roundedDetection) };
}
