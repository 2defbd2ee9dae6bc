/** Types and rounding that all formats of detections share. */
import type { Detection } from '../../boxes.ts';
import type { Colors } from '../terminal.ts';

/** The detections of one image. */
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

/** One text for many images, written piece by piece: the memory does not grow with their number. */
export interface TextDocument {
  /** Text before the first image. */
  start?: string;
  image(result: ImageResult): string;
  end?(): string;
}

export interface ResultFormat {
  /** Extension of files. */
  extension: string;
  /** One text for all images; formats without it have one text per image. */
  document?(context: FormatContext): TextDocument;
  /** Text of one image, where each has its own file; formats without it have one text for all. */
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

/** A detection with the precision of machine-readable formats. */
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

/** Whether a box still has an area after rounding: formats hold no empty boxes. */
export function hasArea(width: number, height: number): boolean {
  return width > 0 && height > 0;
}

/** The result of an image for machine-readable formats, with the keys in this order. */
export function roundedResult({ file, width, height, detections }: ImageResult): ImageResult {
  return { file, width, height, detections: detections.map(roundedDetection) };
}
