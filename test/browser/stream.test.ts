import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium, openPage } from '../../support/browser/chromium.ts';
import { createFixture, expectSame, type Fixture, OPTIONS } from '../../support/browser/fixture.ts';
import { type Site, serveSite } from '../../support/browser/server.ts';
import { makeVideo } from '../../support/browser/video.ts';

const FRAMES = 50;
const FRAME_MS = 40;
/** Bytes, of scripts in the page and in the worker. */
const GROWTH_LIMIT = 1_000_000;

describe.skipIf(!hasChromium)('a stream in the browser', () => {
  let browser: Browser;
  let fixture: Fixture;
  let site: Site;
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launchChromium(), createFixture()]);
    const files = { ...fixture.content.files };
    site = await serveSite({ ...fixture.content, files, isolated: true });
    const cat = { url: '/examples/cat.jpg', y: 90, width: 451, height: 300, speed: 2 };
    files['/video.webm'] = await makeVideo(browser, site.url, [cat], FRAMES);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    fixture?.remove();
  });

  describe.each(['page', 'worker'] as const)('in the %s', (place) => {
    let page: Page;
    beforeAll(async () => {
      [page] = await openPage(browser, `${site.url}/`);
      await page.evaluate(async (place) => {
        const { RefineDet } = await lib('refinedet');
        const { createWorkerDetector } = await lib('worker');
        const load = place === 'page' ? RefineDet.load : createWorkerDetector;
        globalThis.detector = await load('/model.safetensors', { threads: 1 });
      }, place);
    });
    afterAll(() => page?.close());

    it('follows a <video> on its own clock, to its end', async () => {
      const { results, whole, drawn } = await page.evaluate(async (options) => {
        const video = document.createElement('video');
        Object.assign(video, { muted: true, src: '/video.webm' });
        await video.play();
        const results = [];
        for await (const result of detector.stream(video, { ...options, track: true })) {
          const { index, time, dropped, detections } = result;
          results.push({
            index,
            time,
            dropped,
            ids: detections.flatMap(({ trackId }) => trackId ?? []),
          });
        }
        const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
        canvas.getContext('2d')!.drawImage(video, 0, 0);
        const [whole, drawn] = await detector.detectBatch([video, canvas], options);
        return { results, whole, drawn };
      }, OPTIONS);
      expect(results.length).toBeGreaterThan(2);
      results.forEach(({ index, time, dropped, ids }, i) => {
        expect(index - dropped).toBe(i);
        expect(time % FRAME_MS).toBeCloseTo(0);
        expect(time).toBeGreaterThan(results[i - 1]?.time ?? -1);
        // A track that is not confirmed yet has no id.
        expect(new Set(ids).size).toBe(ids.length);
      });
      expect(results.at(-1)!.ids.length).toBeGreaterThan(0);
      expect(results.at(-1)!.time).toBeLessThan(FRAMES * FRAME_MS);
      expectSame(whole, drawn);
    });

    it('closes the VideoFrames that it is given', async () => {
      const { found, open } = await page.evaluate(async (options) => {
        const blob = await (await fetch('/examples/cat.jpg')).blob();
        const bitmap = await createImageBitmap(blob);
        const frames = [0, 1, 2].map((i) => new VideoFrame(bitmap, { timestamp: 40_000 * i }));
        const found = [];
        for await (const { detections } of detector.stream(frames, options)) found.push(detections);
        return { found, open: frames.filter(({ format }) => format !== null).length };
      }, OPTIONS);
      expect(found).toHaveLength(3);
      for (const detections of found) expectSame(detections, fixture.expected);
      expect(open).toBe(0);
    });

    it('does not grow over 200 frames', async () => {
      const memoryAfter = (count: number) =>
        page.evaluate(async (count) => {
          const frames: ImageBitmap[] = [];
          async function* draw() {
            while (frames.length < count) {
              const canvas = new OffscreenCanvas(160, 120);
              canvas.getContext('2d')!.fillRect(frames.length % 80, 0, 40, 40);
              frames.push(canvas.transferToImageBitmap());
              yield frames.at(-1)!;
            }
          }
          let seen = 0;
          for await (const _ of detector.stream(draw())) seen++;
          const open = frames.splice(0).filter(({ width }) => width > 0).length;
          const { bytes } = await performance.measureUserAgentSpecificMemory();
          return { seen, open, bytes, heap: detector.heapBytes };
        }, count);
      const before = await memoryAfter(20);
      const after = await memoryAfter(200);
      expect([before.seen, after.seen]).toEqual([20, 200]);
      expect(after.open).toBe(0);
      expect(after.heap).toBe(before.heap);
      expect(after.bytes - before.bytes).toBeLessThan(GROWTH_LIMIT);
    });
  });
});
