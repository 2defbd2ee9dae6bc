/** Saves results: JSON in the format of the command line, and the image with its boxes. */
import { roundedDetection } from '../../src/rounding.ts';
import { element } from './dom.ts';
import { drawFound, type Found } from './draw.ts';

/** Line width as a fraction of the longer side of an image, and the minimum in pixels. */
const LINES_PER_SIDE = 280;
const LEAST_LINE = 1.9;

export interface Frame {
  /** Time in milliseconds. */
  time: number;
  found: readonly Found[];
}

export interface Recorded {
  file: string;
  width: number;
  height: number;
  /** Results; without a time for an image. */
  frames: readonly Frame[];
  isVideo: boolean;
}

export function saveJson({ file, width, height, frames, isVideo }: Recorded): void {
  const results = frames.map(({ time, found }) => {
    const detections = found.map((one) => ({ trackId: one.trackId, ...roundedDetection(one) }));
    return isVideo ? { time: Math.round(time), detections } : { detections };
  });
  const content = isVideo
    ? { file, width, height, frames: results }
    : { file, width, height, ...results[0] };
  const text = `${JSON.stringify(content, null, 2)}\n`;
  saveFile(new Blob([text], { type: 'application/json' }), `${stem(file)}.json`);
}

/** @param canvas the image; the boxes are drawn on it */
export async function saveImage(
  file: string,
  canvas: HTMLCanvasElement,
  found: readonly Found[],
): Promise<void> {
  const line = Math.max(LEAST_LINE, Math.max(canvas.width, canvas.height) / LINES_PER_SIDE);
  drawFound(canvas.getContext('2d')!, found, { scale: 1, left: 0, top: 0, line });
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  if (blob) saveFile(blob, `${stem(file)}.detected.png`);
}

function stem(file: string): string {
  return file.replace(/\.[^.]*$/, '');
}

export function saveFile(blob: Blob, download: string): void {
  const href = URL.createObjectURL(blob);
  element('a', { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
