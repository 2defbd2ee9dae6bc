import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { hasChromium, launchChromium, openPage } from '../../support/browser/chromium.ts';
import { createFixture, expectSame, type Fixture, OPTIONS } from '../../support/browser/fixture.ts';
import { type Site, serveSite } from '../../support/browser/server.ts';

/** A worker of one's own, which fails at its third image. */
const CRASHING = `
  import { serve } from '/lib/serve.js';
  serve();
  let images = 0;
  addEventListener('message', ({ data }) => {
    if (data.method === 'detect' && ++images === 3) throw new Error('out of luck');
  });`;

describe.skipIf(!hasChromium)('createWorkerDetector in a page', () => {
  let browser: Browser;
  let fixture: Fixture;
  let site: Site;
  let page: Page;
  let messages: string[];
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launchChromium(), createFixture()]);
    const files = { ...fixture.content.files, '/crashing.js': CRASHING };
    site = await serveSite({ ...fixture.content, files, isolated: true });
    [page, messages] = await openPage(browser, `${site.url}/`);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    fixture?.remove();
  });

  it('finds what Node finds, with threads, in every kind of image', async () => {
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
        nano: await wrong(() => createWorkerDetector('nano')),
        option: await wrong(() => detector.detect('/examples/cat.jpg', { iou: 2 } as never)),
        image: await wrong(() => detector.detect(new Blob(['no image']))),
        abort: await slow,
        disposed: '',
      };
      const late = wrong(() => detector.detect('/examples/cat.jpg'));
      detector.dispose();
      errors.disposed = await late;
      return errors;
    });
    expect(errors.model).toMatch(/^RefineDetError FETCH_FAILED: .*answered an HTML page/);
    expect(errors.nano).toMatch(
      /nano\.safetensors answered .*; .* copy models\/nano\.safetensors of/,
    );
    expect(errors.option).toMatch(/^RefineDetError INVALID_OPTION: /);
    expect(errors.image).toMatch(/^RefineDetError IMAGE_FORMAT: /);
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
        results.push({ index, time, dropped, ids: detections.map(({ trackId }) => trackId!) });
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

  it('replaces a crashed worker, and goes on with the stream', async () => {
    const { warnings, found, after, workers } = await page.evaluate(async (options) => {
      const { createWorkerDetector } = await lib('worker');
      let workers = 0;
      const warnings: string[] = [];
      const detector = await createWorkerDetector('/model.safetensors', {
        threads: 1,
        warn: (message) => warnings.push(message),
        worker() {
          workers++;
          return new Worker('/crashing.js', { type: 'module' });
        },
      });
      const found: Record<number, Detection[]> = {};
      const images = Array.from({ length: 5 }, () => '/examples/cat.jpg');
      for await (const { index, detections } of detector.stream(images, options)) {
        found[index] = detections;
      }
      const after = [];
      for (let i = 0; i < 3; i++) {
        const code = await detector.detect('/examples/cat.jpg').then(() => 'fine', codeOf);
        after.push(code);
      }
      function codeOf({ code }: { code: string }) {
        return code;
      }
      detector.dispose();
      return { warnings, found, after, workers };
    }, OPTIONS);
    expect(workers).toBe(3);
    const warning =
      'the worker has crashed: Uncaught Error: out of luck; another worker is started';
    expect(warnings).toEqual([warning, warning]);
    expect(Object.keys(found)).toEqual(['0', '1', '3', '4']);
    for (const detections of Object.values(found)) expectSame(detections, fixture.expected);
    expect(after).toEqual(['WORKER_CRASHED', 'fine', 'fine']);
  });

  it('leaves no blob: URL behind', async () => {
    const urls = await page.evaluate(async () => {
      const { RefineDet } = await lib('refinedet');
      const { createWorkerDetector } = await lib('worker');
      const { createObjectURL, revokeObjectURL } = URL;
      const urls = { made: 0, alive: 0 };
      URL.createObjectURL = (blob) => {
        urls.made++;
        urls.alive++;
        return createObjectURL.call(URL, blob);
      };
      URL.revokeObjectURL = (url) => {
        urls.alive--;
        revokeObjectURL.call(URL, url);
      };
      const detectors = [
        await createWorkerDetector('/model.safetensors', { threads: 1 }),
        await RefineDet.load('/model.safetensors', { threads: 2 }), // two more workers
      ];
      for (const detector of detectors) {
        await detector.detect('/examples/cat.jpg');
        detector.dispose();
      }
      Object.assign(URL, { createObjectURL, revokeObjectURL });
      return urls;
    });
    expect(urls).toEqual({ made: 3, alive: 0 });
  });
});
