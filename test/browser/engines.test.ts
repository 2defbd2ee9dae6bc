/** What must work in every browser: Firefox and WebKit, compared with Node. Chromium has tests of its own. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/image/node/decode.ts';
import type { RawImage } from '../../src/image/raw-image.ts';
import { RefineDet } from '../../src/index.ts';
import { modelFile } from '../../src/packaged-models.ts';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import { type Demo, PATIENCE_MS, serveDemo } from '../../support/browser/demo.ts';
import { ENGINES, type EnginePage, openEngine } from '../../support/browser/engines.ts';
import { createFixture, expectSame, type Fixture, OPTIONS } from '../../support/browser/fixture.ts';
import { type SiteContent, serveSite } from '../../support/browser/server.ts';
import { makeVideo } from '../../support/browser/video.ts';

/** Long enough that a busy machine sees a part of it. */
const FRAMES = 100;
const FRAME_MS = 40;

const at = (name: string) => new URL(`../../${name}`, import.meta.url);
const NANO = readFileSync(at(modelFile('nano')));

/** Pixels that Node has decoded: browsers have decoders of their own. */
let pixels: RawImage;
let fixture: Fixture;
let demo: Demo;
let content: SiteContent;
beforeAll(async () => {
  if (!ENGINES.some(({ program }) => program)) return;
  fixture = await createFixture();
  demo = await serveDemo();
  pixels = await decodeImage(readFileSync(at('examples/cat.jpg')));
  const files: Record<string, string | Uint8Array> = {
    ...fixture.content.files,
    '/demo/models/default.safetensors': demo.model,
    '/nano.safetensors': NANO,
    '/cat.rgb': Buffer.from(pixels.data),
  };
  if (hasChromium) files['/video.webm'] = await recordVideo();
  content = { folders: { ...fixture.content.folders, '/demo': demo.folder }, files };
});
afterAll(() => {
  demo?.close();
  fixture?.remove();
});

describe.each(ENGINES)('$name', { timeout: 120_000 }, (engine) => {
  const { program, hasThreads } = engine;

  describe.skipIf(!program)('runs', () => {
    let page: EnginePage;
    beforeAll(async () => {
      page = await openEngine(engine, content);
    });
    afterAll(() => page?.close());

    it('a detector with as many threads as the engine allows, as Node does', async () => {
      const result = await page.evaluate(async (options) => {
        const { RefineDet } = await lib('refinedet');
        const isShared = typeof SharedArrayBuffer !== 'undefined';
        const detector = await RefineDet.load('/model.safetensors', {
          threads: isShared ? 2 : 'auto',
        });
        const image = new Image();
        image.src = '/examples/cat.jpg';
        await image.decode();
        const blob = await (await fetch('/examples/cat.jpg')).blob();
        const bitmap = await createImageBitmap(blob);
        const found = await detector.detectBatch([image, blob, bitmap], options);
        const { threads, backend } = detector;
        detector.dispose();
        return { found, facts: { isShared, threads, backend } };
      }, OPTIONS);
      expect(result.facts).toEqual({
        isShared: hasThreads,
        threads: hasThreads ? 2 : 1,
        backend: 'wasm',
      });
      for (const detections of result.found) expectSame(detections, fixture.expected);
    });

    it('the small model of the package in 8 bits, as Node does to the last bit', async () => {
      const node = await RefineDet.load(NANO, { threads: 1 });
      const expected = await node.detect(pixels, OPTIONS);
      expect(node.compute).toBe('int8');
      node.dispose();
      const { compute, found } = await page.evaluate(
        async ({ options, ...size }) => {
          const { RefineDet } = await lib('refinedet');
          const detector = await RefineDet.load('/nano.safetensors');
          const data = new Uint8Array(await (await fetch('/cat.rgb')).arrayBuffer());
          const found = await detector.detect({ data, ...size }, options);
          const { compute } = detector;
          detector.dispose();
          return { compute, found };
        },
        {
          width: pixels.width,
          height: pixels.height,
          channels: pixels.channels,
          options: OPTIONS,
        },
      );
      expect(compute).toBe('int8');
      expect(expected.length).toBeGreaterThan(0);
      expect(found).toEqual(expected);
    });

    it('a detector in a worker, with one thread', async () => {
      const { threads, found, code } = await page.evaluate(async (options) => {
        const { createWorkerDetector } = await lib('worker');
        const detector = await createWorkerDetector('/model.safetensors', { threads: 1 });
        const found = await detector.detect('/examples/cat.jpg', options);
        const { threads } = detector;
        const failed = detector.detect(new Blob(['text']), options);
        const code = await failed.then(String, (error) => error.code);
        detector.dispose();
        return { threads, found, code };
      }, OPTIONS);
      expect(threads).toBe(1);
      expect(code).toBe('IMAGE_FORMAT');
      expectSame(found, fixture.expected);
    });

    it('a pool of two workers', async () => {
      const found = await page.evaluate(async (options) => {
        const { createPool } = await lib('pool');
        const pool = await createPool('/model.safetensors', { workers: 2 });
        const found = await pool.detectBatch(Array(5).fill('/examples/cat.jpg'), options);
        await pool.dispose();
        return found;
      }, OPTIONS);
      expect(found).toHaveLength(5);
      for (const detections of found) expectSame(detections, fixture.expected);
    });

    it.skipIf(!hasChromium)('a stream of a video, to its end', async () => {
      const results = await page.evaluate(async (options) => {
        const { RefineDet } = await lib('refinedet');
        const detector = await RefineDet.load('/model.safetensors', { threads: 1 });
        const video = document.createElement('video');
        Object.assign(video, { muted: true, src: '/video.webm' });
        await video.play();
        const results = [];
        for await (const result of detector.stream(video, { ...options, track: true })) {
          const { time, detections } = result;
          results.push({ time, count: detections.length });
        }
        detector.dispose();
        return results;
      }, OPTIONS);
      expect(results.length).toBeGreaterThan(1);
      for (const [i, { time, count }] of results.entries()) {
        expect(time).toBeGreaterThan(results[i - 1]?.time ?? -1);
        expect(count).toBeGreaterThan(0);
      }
      expect(results.at(-1)!.time).toBeLessThan(FRAMES * FRAME_MS);
    });

    it('the demo', async () => {
      const labels = await page.evaluate(async (patience) => {
        const frame = document.body.appendChild(document.createElement('iframe'));
        Object.assign(frame.style, { width: '900px', height: '700px' });
        frame.src = '/demo/index.html';
        await new Promise((resolve) => frame.addEventListener('load', resolve));
        const page = frame.contentDocument!;
        const threshold = page.querySelector<HTMLInputElement>('#threshold')!;
        threshold.value = '5'; // random weights give low scores
        threshold.dispatchEvent(new Event('input', { bubbles: true }));
        const end = performance.now() + patience;
        let items: Element[] = [];
        while (items.length === 0 && performance.now() < end) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          items = [...page.querySelectorAll('#found li')];
        }
        return items.map(({ textContent }) => textContent);
      }, PATIENCE_MS);
      expect(labels.length).toBeGreaterThan(0);
    });
  });
});

/** A video that Chromium has encoded. */
async function recordVideo(): Promise<Uint8Array> {
  const [browser, site] = [await launchChromium(), await serveSite(fixture.content)];
  const cat = { url: '/examples/cat.jpg', y: 90, width: 451, height: 300, speed: 1 };
  try {
    return await makeVideo(browser, site.url, [cat], FRAMES);
  } finally {
    await browser.close();
    await site.close();
  }
}
