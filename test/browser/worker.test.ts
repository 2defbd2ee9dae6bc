import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium, openPage } from './helpers/chromium.ts';
import { createFixture, expectSame, type Fixture, OPTIONS } from './helpers/fixture.ts';
import { type Site, serveSite } from './helpers/server.ts';

describe.skipIf(!hasChromium)('createWorkerDetector in a page', () => {
  let browser: Browser;
  let fixture: Fixture;
  let site: Site;
  let page: Page;
  let messages: string[];
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launchChromium(), createFixture()]);
    site = await serveSite({ ...fixture.content, isolated: true });
    [page, messages] = await openPage(browser, `${site.url}/`);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    fixture?.remove();
  });

  it('finds what Node finds, with threads, in every kind of picture', async () => {
    const { threads, classes, found, timings } = await page.evaluate(async (options) => {
      const { createWorkerDetector } = await lib('worker');
      const detector = await createWorkerDetector('/model.safetensors', { threads: 2 });
      const image = new Image();
      image.src = '/examples/cat.jpg';
      await image.decode();
      const bitmap = await createImageBitmap(image);
      const blob = await (await fetch('/examples/cat.jpg')).blob();
      const { threads, classes } = detector;
      let timings = {};
      const onTimings = (measured: object) => {
        timings = measured;
      };
      const found = [
        await detector.detect('/examples/cat.jpg', { ...options, onTimings }),
        ...(await detector.detectBatch([image, bitmap, blob], options)),
        await detector.detect(bitmap, options), // still there
      ];
      detector.dispose();
      return { threads, classes, found, timings };
    }, OPTIONS);
    expect(threads).toBe(2);
    expect(classes).toEqual(['ant', 'bee', 'cat']);
    for (const detections of found) expectSame(detections, fixture.expected);
    expect(Object.keys(timings)).toEqual(['decode', 'resize', 'network', 'postprocess']);
    expect(messages).toEqual([]);
  });

  it('creates errors anew with their codes, cancels, and ends', async () => {
    const errors = await page.evaluate(async () => {
      const { createWorkerDetector } = await lib('worker');
      const wrong = async (job: () => Promise<unknown>) =>
        job().then(String, (error) => `${error.name} ${error.code}: ${error.message}`);
      const detector = await createWorkerDetector('/model.safetensors', { threads: 1 });
      const aborting = new AbortController();
      const slow = wrong(() =>
        detector.detect('/examples/cat.jpg', { multiScale: true, signal: aborting.signal }),
      );
      setTimeout(() => aborting.abort(), 50);
      const errors = {
        model: await wrong(() => createWorkerDetector('/model.bin')),
        option: await wrong(() => detector.detect('/examples/cat.jpg', { iou: 2 } as never)),
        picture: await wrong(() => detector.detect(new Blob(['no picture']))),
        abort: await slow,
        disposed: '',
      };
      const late = wrong(() => detector.detect('/examples/cat.jpg'));
      detector.dispose();
      errors.disposed = await late;
      return errors;
    });
    expect(errors.model).toMatch(/^RefineDetError FETCH_FAILED: .*answered an HTML page/);
    expect(errors.option).toMatch(/^RefineDetError INVALID_OPTION: /);
    expect(errors.picture).toMatch(/^RefineDetError IMAGE_FORMAT: /);
    expect(errors.abort).toMatch(/^RefineDetError ABORTED: /);
    expect(errors.disposed).toMatch(/^RefineDetError DISPOSED: /);
  });

  it('follows a video with stable ids, and leaves out frames rather than lag behind', async () => {
    const results = await page.evaluate(async (options) => {
      const { createWorkerDetector } = await lib('worker');
      const detector = await createWorkerDetector('/model.safetensors', { threads: 1 });
      const image = new Image();
      image.src = '/examples/cat.jpg';
      await image.decode();
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: 320, height: 240 });
      const context = canvas.getContext('2d')!;
      let step = 0;
      const painting = setInterval(() => context.drawImage(image, step++ % 5, 0, 320, 240), 15);
      const camera = canvas.captureStream(60);
      const stop = () => {
        for (const track of camera.getTracks()) {
          track.stop();
          track.dispatchEvent(new Event('ended')); // stop() itself tells nobody
        }
        clearInterval(painting);
      };
      const results = [];
      for await (const result of detector.stream(camera, { ...options, track: true })) {
        const { index, time, dropped, detections } = result;
        results.push({ index, time, dropped, ids: detections.map(({ id }) => id!) });
        // By count, not by time: a busy machine takes longer for a frame.
        if (results.length === 6) stop();
      }
      detector.dispose();
      return results;
    }, OPTIONS);
    expect(results.length).toBeGreaterThanOrEqual(6);
    results.forEach(({ index, time, dropped }, i) => {
      expect(index - dropped).toBe(i);
      expect(time).toBeGreaterThan(results[i - 1]?.time ?? -1);
    });
    const [first, last] = [results[1].ids, results.at(-1)!.ids];
    expect(first.filter((id) => last.includes(id)).length).toBeGreaterThan(first.length / 2);
  });

  it('starts a crashed worker again, once, and goes on with the stream', async () => {
    const result = await page.evaluate(async () => {
      const { createWorkerDetector } = await lib('worker');
      const workers: EventTarget[] = [];
      const { Worker: Native } = globalThis;
      globalThis.Worker = class extends Native {
        constructor(...args: ConstructorParameters<typeof Native>) {
          super(...args);
          workers.push(this);
        }
      };
      const warnings: string[] = [];
      const warn = (message: string) => warnings.push(message);
      const detector = await createWorkerDetector('/model.safetensors', { threads: 1, warn });
      const crash = (index: number) =>
        workers[index].dispatchEvent(new ErrorEvent('error', { message: 'out of luck' }));
      async function* frames() {
        for (let i = 0; i < 4; i++) {
          const canvas = new OffscreenCanvas(64, 64);
          canvas.getContext('2d')!.fillRect(0, 0, 9 * i, 9);
          yield canvas.transferToImageBitmap();
          if (i === 1) crash(0);
        }
      }
      const indices: number[] = [];
      for await (const { index } of detector.stream(frames())) indices.push(index);
      crash(1);
      const after = await detector.detect('/examples/cat.jpg').catch((error) => error.code);
      globalThis.Worker = Native;
      return { warnings, indices, after, workers: workers.length };
    });
    expect(result.workers).toBe(2);
    expect(result.indices.length).toBeGreaterThanOrEqual(2);
    expect(result.indices.length).toBeLessThan(5);
    expect(result.indices).toContain(3);
    expect(result.after).toBe('WORKER_CRASHED');
    expect(result.warnings).toEqual([
      'the worker has crashed: out of luck; it is started again, once',
      expect.stringContaining('for the second time'),
    ]);
  });

  it('does not grow over 200 frames', async () => {
    await page.evaluate(async () => {
      const { RefineDet } = await lib('refinedet');
      const detector = await RefineDet.load('/model.safetensors', { threads: 1, inputSize: 64 });
      async function* frames(count: number) {
        for (let i = 0; i < count; i++) {
          const canvas = new OffscreenCanvas(160, 120);
          canvas.getContext('2d')!.fillRect(i % 80, 0, 40, 40);
          yield canvas.transferToImageBitmap();
        }
      }
      const watch = async (count: number) => {
        let seen = 0;
        for await (const _ of detector.stream(frames(count))) seen++;
        return seen;
      };
      Object.assign(globalThis, { watch });
    });
    const heapAfter = async (count: number) => {
      const watch = (frames: number) =>
        (globalThis as never as { watch(frames: number): Promise<number> }).watch(frames);
      expect(await page.evaluate(watch, count)).toBe(count);
      await page.requestGC();
      return page.evaluate(
        () =>
          (performance as never as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
      );
    };
    const before = await heapAfter(20);
    const growth = (await heapAfter(200)) - before;
    expect(growth).toBeLessThan(1_000_000);
  });
});
