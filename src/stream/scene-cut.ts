/**
 * Finds scene cuts by the mean colors of a grid of cells. A cut changes them far more than the previous
 * frames did, as in PySceneDetect's adaptive detector; movement changes the mean of a cell only slightly.
 */
import type { ImageSource } from '../detection/image-source.ts';
import { RefineDetError } from '../errors.ts';
import { type RawImage, validateRawImage } from '../image/raw-image.ts';
import { isPixelSource, readPixels } from '../platform/pixels.ts';

/** Cells in a row and in a column. */
const GRID = 8;
/** Pixels sampled per cell, in each direction. */
const SAMPLES = 8;
/** Minimum mean difference of a cut: levels of 255, and multiples of the usual difference. */
const LEAST_DIFFERENCE = 15;
const TIMES_USUAL = 3;
/** Weight of the newest frame in the usual difference. */
const USUAL_GAIN = 0.2;

/**
 * Computes the mean color of each cell.
 * @returns [GRID · GRID · 3]
 * @throws INVALID_OPTION for a frame without pixels, such as the name of a file
 */
export async function cellColors(image: ImageSource): Promise<Float32Array> {
  const isObject = typeof image === 'object' && image !== null;
  const pixels = isObject && isPixelSource(image) ? await readPixels(image) : image;
  if (!isObject || typeof pixels !== 'object' || !('channels' in pixels)) {
    throw new RefineDetError(
      'INVALID_OPTION',
      'track.resetOnCut needs frames that are pixels, not files that have yet to be decoded',
    );
  }
  validateRawImage(pixels);
  return means(pixels);
}

function means({ data, width, height, channels }: RawImage): Float32Array {
  const colors = new Float32Array(GRID * GRID * 3);
  const side = GRID * SAMPLES;
  for (let row = 0; row < side; row++) {
    const y = Math.floor(((row + 0.5) * height) / side);
    for (let column = 0; column < side; column++) {
      const x = Math.floor(((column + 0.5) * width) / side);
      const pixel = (y * width + x) * channels;
      const cell = 3 * (Math.floor(row / SAMPLES) * GRID + Math.floor(column / SAMPLES));
      for (let c = 0; c < 3; c++) {
        colors[cell + c] += data[pixel + (channels === 1 ? 0 : c)] / SAMPLES ** 2;
      }
    }
  }
  return colors;
}

/** Compares each frame with the previous one. */
export class SceneCuts {
  #before: Float32Array | undefined;
  #usual = 0;

  /** Returns whether the frame with these {@link cellColors} begins a new scene. */
  isCut(colors: Float32Array): boolean {
    const before = this.#before;
    this.#before = colors;
    if (!before) return false;
    const sum = colors.reduce((total, value, i) => total + Math.abs(value - before[i]), 0);
    const difference = sum / colors.length;
    const isCut = difference > Math.max(LEAST_DIFFERENCE, TIMES_USUAL * this.#usual);
    // A cut does not show how much the new scene moves.
    if (!isCut) this.#usual += USUAL_GAIN * (difference - this.#usual);
    return isCut;
  }
}
