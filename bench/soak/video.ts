/** Streams a synthetic video in Chromium, through the worker. */
import { readFileSync } from 'node:fs';
import { hasChromium, launchChromium, openPage } from '../../support/browser/chromium.ts';
import { createFixture } from '../../support/browser/fixture.ts';
import { serveSite } from '../../support/browser/server.ts';
import { report, type Sample } from './samples.ts';

const MODEL = new URL('../../models/default.safetensors', import.meta.url);
const SAMPLES = 20;

export async function soakVideo(minutes: number): Promise<string> {
  if (!hasChromium) throw new Error('Chromium is missing');
  const fixture = await createFixture(readFileSync(MODEL));
  const site = await serveSite({ ...fixture.content, isolated: true });
  const browser = await launchChromium();
  try {
    const [page] = await openPage(browser, `${site.url}/`);
    await page.evaluate('globalThis.__name = (named) => named');
    const { samples, first, last, frames } = await page.evaluate(watch, {
      minutes,
      sampleCount: SAMPLES,
    });
    const same = first === last ? 'the same result as' : 'ANOTHER result than';
    const title = `${minutes} minutes of video in Chromium, ${frames} frames; at the end a still image gives ${same} at the start`;
    return report(title, 'frames', samples);
  } finally {
    await browser.close();
    await site.close();
    fixture.remove();
  }
}

/** Runs in the page. */
async function watch({ minutes, sampleCount }: { minutes: number; sampleCount: number }) {
  const { createWorkerDetector } = (await import(
    '/lib/worker.js' as string
  )) as typeof import('../../src/worker/index.ts');
  const detector = await createWorkerDetector('/model.safetensors');
  const image = await createImageBitmap(await (await fetch('/examples/cat.jpg')).blob());
  const canvas = new OffscreenCanvas(640, 480);
  const context = canvas.getContext('2d')!;
  const still = async () => JSON.stringify(await detector.detect('/examples/cat.jpg'));
  const first = await still();
  const samples: Sample[] = [];
  const start = performance.now();
  const end = start + 60_000 * minutes;
  let drawn = 0;
  async function* film() {
    while (performance.now() < end) {
      context.fillStyle = `hsl(${drawn % 360} 50% 50%)`;
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(image, ((3 * drawn) % 640) - 200, 90);
      yield new VideoFrame(canvas, { timestamp: 40_000 * drawn++ });
    }
  }
  let frames = 0;
  for await (const _ of detector.stream(film(), { track: true })) {
    frames++;
    const part = (performance.now() - start) / (end - start);
    if (frames > 1 && part < samples.length / sampleCount) continue;
    const memory = performance as unknown as {
      measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
    };
    const { bytes } = await memory.measureUserAgentSpecificMemory();
    samples.push({ at: frames, page: bytes / 1e6, wasm: detector.heapBytes / 1e6 });
  }
  const last = await still();
  detector.dispose();
  return { samples, first, last, frames };
}
