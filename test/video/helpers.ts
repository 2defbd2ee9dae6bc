/** Videos whose frames tell their number. */
import { setTimeout as delay } from 'node:timers/promises';
import type { DecodedFrame, VideoOptions } from '../../src/video/video-types.ts';
import { openVideo } from '../../support/video/open.ts';

export async function framesOf(source: string, options?: VideoOptions): Promise<DecodedFrame[]> {
  const frames: DecodedFrame[] = [];
  for await (const frame of openVideo(source, options)) frames.push(frame);
  return frames;
}

/** Pixels of the side of a block, and their number: one for each bit of the number of the frame. */
const BLOCK = 16;
const BITS = 8;
export const SIZE = { width: BITS * BLOCK, height: 64 };

/** Input of ffmpeg: frames that show their numbers as black and white blocks, 10 a second. */
export function numbered(count: number): string[] {
  const bit = `mod(floor(N/pow(2,floor(X/${BLOCK}))),2)`;
  const source = `nullsrc=s=${SIZE.width}x${SIZE.height}:r=10,format=gray,geq=lum='255*${bit}'`;
  return ['-f', 'lavfi', '-i', source, '-frames:v', String(count)];
}

/** Number that a frame shows, whatever a codec has done to it. */
export function numberOf({ data, width, height }: DecodedFrame): number {
  const row = Math.floor(height / 2);
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const column = Math.floor(((bit + 0.5) * width) / BITS);
    if (data[3 * (row * width + column)] > 127) number += 2 ** bit;
  }
  return number;
}

/** Waits until a condition holds; fails after `limit` milliseconds. */
export async function until(condition: () => boolean, limit = 20_000): Promise<void> {
  const end = performance.now() + limit;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`still not so after ${limit} ms: ${condition}`);
    await delay(50);
  }
}
