/** What all formats of detections share. */
import type { Detection } from '../../boxes.ts';
import type { Colors } from '../terminal.ts';

/** What was found in one picture. */
export interface PictureResult {
  /** Path or URL as given on the command line; `-` for the standard input. */
  file: string;
  /** Pixels, the picture upright. */
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

/** One text over many pictures, piece by piece: thousands of pictures need no memory. */
export interface TextDocument {
  /** What comes before the first picture. */
  start?: string;
  picture(result: PictureResult): string;
  end?(): string;
}

export interface ResultFormat {
  /** Extension of files. */
  extension: string;
  /** All pictures in one text; formats without it have one text a picture. */
  document?(context: FormatContext): TextDocument;
  /** The text of one picture, where each has its own file; formats without it have one for all. */
  page?(result: PictureResult): string;
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

/** A picture's result as machines read it, with the keys in this order. */
export function roundedResult({ file, width, height, detections }: PictureResult): PictureResult {
  return { file, width, height, detections: detections.map(roundedDetection) };
}
