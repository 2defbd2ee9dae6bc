/**
 * Creates videos of moving images in the browser. Each frame is encoded separately with its own time,
 * so that a busy machine creates the same video as an idle one.
 */
import type { Browser } from 'playwright-core';
import { muxWebm } from './webm.ts';

export interface MovingImage {
  /** URL that the page can fetch. */
  url: string;
  /** Size in the video, in pixels. */
  y: number;
  width: number;
  height: number;
  /** Pixels per frame; moves to the left from the right edge, when negative. */
  speed: number;
}

const SIZE = { width: 640, height: 480 };
const FRAME_MS = 40;

/** A WebM file. */
export async function makeVideo(
  browser: Browser,
  pageUrl: string,
  moving: readonly MovingImage[],
  frames: number,
): Promise<Uint8Array> {
  const page = await browser.newPage();
  await page.goto(pageUrl);
  // Helper that tsx inserts into functions, when a script runs this instead of vitest.
  await page.evaluate('globalThis.__name = (named) => named');
  const chunks = await page.evaluate(
    async ({ moving, frames, SIZE, FRAME_MS }) => {
      const canvas = new OffscreenCanvas(SIZE.width, SIZE.height);
      const context = canvas.getContext('2d')!;
      const images = await Promise.all(
        moving.map(async ({ url }) => createImageBitmap(await (await fetch(url)).blob())),
      );
      const chunks: { isKey: boolean; time: number; base64: string }[] = [];
      const encoder = new VideoEncoder({
        output(chunk) {
          const bytes = new Uint8Array(chunk.byteLength);
          chunk.copyTo(bytes);
          const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
          chunks.push({ isKey: chunk.type === 'key', time: chunk.timestamp / 1000, base64 });
        },
        error: (error) => console.error(error.message),
      });
      encoder.configure({ codec: 'vp8', ...SIZE, bitrate: 3e6, latencyMode: 'realtime' });
      for (let step = 0; step < frames; step++) {
        context.fillStyle = '#4a5a66';
        context.fillRect(0, 0, SIZE.width, SIZE.height);
        for (const [i, { y, width, height, speed }] of moving.entries()) {
          const x = speed > 0 ? speed * step : SIZE.width - width + speed * step;
          context.drawImage(images[i], x, y, width, height);
        }
        const frame = new VideoFrame(canvas, { timestamp: 1000 * FRAME_MS * step });
        encoder.encode(frame, { keyFrame: step % 25 === 0 });
        frame.close();
      }
      await encoder.flush();
      return chunks;
    },
    { moving, frames, SIZE, FRAME_MS },
  );
  await page.close();
  const blocks = chunks.map(({ base64, ...block }) => ({
    ...block,
    data: Buffer.from(base64, 'base64'),
  }));
  return muxWebm(blocks, { ...SIZE, duration: FRAME_MS * frames });
}
