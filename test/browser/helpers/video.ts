/** Videos made in the browser, of pictures that move. */
import type { Browser } from 'playwright-core';

export interface MovingPicture {
  /** URL that the page may fetch. */
  url: string;
  /** Pixels in the video. */
  y: number;
  width: number;
  height: number;
  /** Pixels a frame. */
  speed: number;
}

/** A WebM file of 640 × 480 pixels. */
export async function recordVideo(
  browser: Browser,
  pageUrl: string,
  pictures: readonly MovingPicture[],
  seconds: number,
): Promise<Uint8Array> {
  const page = await browser.newPage();
  await page.goto(pageUrl);
  const base64 = await page.evaluate(
    async ({ pictures, seconds }) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
      const context = canvas.getContext('2d')!;
      const images = await Promise.all(
        pictures.map(async ({ url }) => createImageBitmap(await (await fetch(url)).blob())),
      );
      let step = 0;
      const paint = () => {
        context.fillStyle = '#4a5a66';
        context.fillRect(0, 0, 640, 480);
        pictures.forEach(({ y, width, height, speed }, i) => {
          const x = speed > 0 ? speed * step : 640 - width + speed * step;
          context.drawImage(images[i], x, y, width, height);
        });
        step++;
      };
      paint();
      const painting = setInterval(paint, 40);
      const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
      const parts: Blob[] = [];
      recorder.ondataavailable = ({ data }) => parts.push(data);
      recorder.start();
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      await new Promise((resolve) => {
        recorder.onstop = resolve;
        recorder.stop();
      });
      clearInterval(painting);
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    },
    { pictures, seconds },
  );
  await page.close();
  return Buffer.from(base64, 'base64');
}
