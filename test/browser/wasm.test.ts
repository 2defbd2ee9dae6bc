import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DownloadProgress } from '../../src/index.ts';
import { hasChromium, launchChromium, openPage } from '../../support/browser/chromium.ts';
import { createFixture, expectSame, type Fixture, OPTIONS } from '../../support/browser/fixture.ts';
import { type Site, serveSite } from '../../support/browser/server.ts';

/** What a page downloads to detect, without the model, compressed. */
const SIZE_LIMIT = 254_300;

describe.skipIf(!hasChromium)('RefineDet in a page', () => {
  let browser: Browser;
  let fixture: Fixture;
  let site: Site;
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launchChromium(), createFixture()]);
    site = await serveSite(fixture.content);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    fixture?.remove();
  });

  it('finds what Node finds, on one thread, and says why it is one', async () => {
    const [page, messages] = await openPage(browser, `${site.url}/`);
    const { threads, backend, found } = await page.evaluate(async (options) => {
      const { RefineDet } = await lib('refinedet');
      const detector = await RefineDet.load('/model.safetensors', { threads: 2 });
      await RefineDet.load('/model.safetensors', { threads: 2 });
      const { threads, backend } = detector;
      return { threads, backend, found: await detector.detect('/examples/cat.jpg', options) };
    }, OPTIONS);
    expect({ threads, backend }).toEqual({ threads: 1, backend: 'wasm' });
    expectSame(found, fixture.expected);
    expect(messages).toEqual([
      expect.stringMatching(/^warning: refinedet runs on one thread: the page is not cross-origin/),
    ]);
    await page.close();
  });

  it('downloads no more than it needs', async () => {
    const scripts = [...new Set(site.requests)].filter((path) => path.endsWith('.js'));
    const sizes = await Promise.all(
      scripts.map(async (path) => {
        const answer = await fetch(site.url + path);
        return gzipSync(Buffer.from(await answer.arrayBuffer())).length;
      }),
    );
    const total = sizes.reduce((a, b) => a + b);
    expect(scripts.length).toBeGreaterThan(2);
    expect(total).toBeLessThan(SIZE_LIMIT);
    expect(scripts.some((path) => path.includes('threaded'))).toBe(false);
  });

  it('computes with threads in an isolated page, bit for bit what one thread does', async () => {
    const isolated = await serveSite({ ...fixture.content, isolated: true });
    const [one, several] = await Promise.all(
      [1, 2].map(async (wanted) => {
        const [page, messages] = await openPage(browser, `${isolated.url}/`);
        const { threads, found } = await page.evaluate(
          async ({ wanted, options }) => {
            const { RefineDet } = await lib('refinedet');
            const detector = await RefineDet.load('/model.safetensors', { threads: wanted });
            const { threads } = detector;
            await detector.detect('/examples/cat.jpg', options);
            return { threads, found: await detector.detect('/examples/cat.jpg', options) };
          },
          { wanted, options: OPTIONS },
        );
        const workers = page.workers().length;
        await page.close();
        return { threads, found, workers, messages };
      }),
    );
    expectSame(several.found, fixture.expected);
    expect(several.found).toEqual(one.found);
    // A thread more is one more for tfjs, and one for the layers.
    expect([one.threads, one.workers]).toEqual([1, 0]);
    expect([several.threads, several.workers]).toEqual([2, 2]);
    expect([...one.messages, ...several.messages]).toEqual([]);
    await isolated.close();
  });

  it('accepts every kind of image that a page has', async () => {
    const [page] = await openPage(browser, `${site.url}/`);
    const results = await page.evaluate(async (options) => {
      const { RefineDet } = await lib('refinedet');
      const detector = await RefineDet.load('/model.safetensors', { threads: 1 });
      const blob = await (await fetch('/examples/cat.jpg')).blob();
      const image = new Image();
      image.src = '/examples/cat.jpg';
      await image.decode();
      const { naturalWidth: width, naturalHeight: height } = image;
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width, height });
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0);
      const offscreen = new OffscreenCanvas(width, height);
      offscreen.getContext('2d')!.drawImage(image, 0, 0);
      const bitmap = await createImageBitmap(image);
      const sources = {
        url: new URL('/examples/cat.jpg', location.href),
        blob,
        file: new File([blob], 'cat.jpg'),
        bytes: new Uint8Array(await blob.arrayBuffer()),
        buffer: await blob.arrayBuffer(),
        image,
        canvas,
        offscreen,
        bitmap,
        frame: new VideoFrame(bitmap, { timestamp: 0 }),
        imageData: context.getImageData(0, 0, width, height),
      };
      const found: Record<string, unknown> = {};
      for (const [name, source] of Object.entries(sources)) {
        found[name] = await detector.detect(source, options);
      }
      return found;
    }, OPTIONS);
    expect(Object.keys(results)).toHaveLength(11);
    for (const found of Object.values(results)) expectSame(found as never, fixture.expected);
    await page.close();
  });

  it('takes tfjs’ wasm files from a folder of the page’s choice', async () => {
    const binaries = fileURLToPath(
      new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist', import.meta.url),
    );
    const { folders } = fixture.content;
    const own = await serveSite({ ...fixture.content, folders: { ...folders, '/own': binaries } });
    const [page] = await openPage(browser, `${own.url}/`);
    const found = await page.evaluate(async (options) => {
      const { RefineDet } = await lib('refinedet');
      const detector = await RefineDet.load('/model.safetensors', { threads: 1, wasm: '/own/' });
      return detector.detect('/examples/cat.jpg', options);
    }, OPTIONS);
    expectSame(found, fixture.expected);
    expect(own.requests).toContain('/own/tfjs-backend-wasm-simd.wasm');
    await page.close();
    await own.close();
  });

  it('says what is wrong, by code', async () => {
    const [page] = await openPage(browser, `${site.url}/`);
    const errors = await page.evaluate(async () => {
      const { RefineDet } = await lib('refinedet');
      const wrong = async (job: () => Promise<unknown>) =>
        job().then(String, (error) => `${error.code}: ${error.message}`);
      const wasm = await wrong(() => RefineDet.load('/model.safetensors', { wasm: '/nowhere' }));
      const detector = await RefineDet.load('/model.safetensors', { threads: 1 });
      const aborted = new AbortController();
      const download = RefineDet.load('/model.safetensors?again', { signal: aborted.signal });
      aborted.abort();
      return {
        wasm,
        model: await wrong(() => RefineDet.load('/model.bin')),
        none: await wrong(() => RefineDet.load()),
        nano: await wrong(() => RefineDet.load('nano')),
        word: await wrong(() => RefineDet.load('tiny')),
        abort: await wrong(() => download),
        emptyImage: await wrong(() => detector.detect(new Image())),
        noVideo: await wrong(() => detector.detect(document.createElement('video'))),
        text: await wrong(() => detector.detect(new Blob(['no image']))),
        backend: await wrong(() => RefineDet.load('/model.safetensors', { backend: 'webgl' })),
      };
    });
    expect(errors.wasm).toMatch(
      /^FETCH_FAILED: http.*\/nowhere\/tfjs-backend-wasm-simd.wasm answered an HTML page/,
    );
    expect(errors.model).toMatch(/^FETCH_FAILED: http.*\/model.bin answered an HTML page/);
    expect(errors.none).toMatch(
      /^FETCH_FAILED: http.*default.safetensors answered .*; this is where the default model should be: copy/,
    );
    expect(errors.nano).toMatch(
      /^FETCH_FAILED: http.*nano.safetensors answered .*; this is where the nano model should be: copy models\/nano\.safetensors of/,
    );
    expect(errors.word).toMatch(
      /^FETCH_FAILED: .*; the models of the package are default and nano/,
    );
    expect(errors.abort).toMatch(/^ABORTED/);
    expect(errors.emptyImage).toMatch(/^IMAGE_(EMPTY|CORRUPT)/);
    expect(errors.noVideo).toMatch(/^IMAGE_EMPTY/);
    expect(errors.text).toMatch(/^IMAGE_FORMAT/);
    expect(errors.backend).toMatch(/^INVALID_OPTION: backend must be one of auto, wasm/);
    await page.close();
  });

  it('keeps a downloaded model until the server has another one', async () => {
    const files = { ...fixture.content.files };
    const own = await serveSite({ ...fixture.content, files });
    const [page] = await openPage(browser, `${own.url}/`);
    const load = () =>
      page.evaluate(async () => {
        const { RefineDet } = await lib('refinedet');
        const progress: DownloadProgress[] = [];
        const onProgress = (step: DownloadProgress) => progress.push(step);
        const detector = await RefineDet.load('/model.safetensors', { onProgress, threads: 1 });
        detector.dispose();
        return { last: progress.at(-1)!, steps: progress.length };
      });
    const downloads = () => own.requests.filter((path) => path === '/model.safetensors').length;
    const size = files['/model.safetensors'].length;
    const first = await load();
    expect(first.steps).toBeGreaterThan(1);
    expect(first.last).toEqual({ loaded: size, total: size });
    expect((await load()).last).toEqual({ loaded: size, total: size });
    expect(downloads()).toBe(1);
    // The entity tag of the test server is the length.
    files['/model.safetensors'] = Buffer.concat([
      files['/model.safetensors'] as Uint8Array,
      Buffer.from(' '),
    ]);
    await load().catch(() => {});
    expect(downloads()).toBe(2);
    await page.close();
    await own.close();
  });
});
