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
