/** Precision of detections in machine-readable results. */
import type { Detection } from './boxes.ts';

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

/** The result of an image for machine-readable formats, with the keys in this order. */
export function roundedResult({ file, width, height, detections }: ImageResult): ImageResult {
  return { file, width, height, detections: detections.map(roundedDetection) };
}
