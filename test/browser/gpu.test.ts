import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hasChromium,
  launchChromium,
  openPage,
  SOFTWARE_WEBGL,
} from '../../support/browser/chromium.ts';
import { createFixture, expectSame, type Fixture, OPTIONS } from '../../support/browser/fixture.ts';
import { type Site, serveSite } from '../../support/browser/server.ts';

/** Keeps the contexts that tfjs computes on, to take them away. */
const CONTEXTS = `
  globalThis.contexts = [];
  const { getContext } = OffscreenCanvas.prototype;
  OffscreenCanvas.prototype.getContext = function (type, ...options) {
    const context = getContext.call(this, type, ...options);
    if (type === 'webgl2') contexts.push(context);
    return context;
  };`;

/** A worker of one's own, which loses its GPU at the third image. */
const WORKER = `
  import '/contexts.js';
  import { serve } from '/lib/gpu/serve.js';
  import { webgl } from '/lib/gpu/webgl.js';
  serve({ gpu: [webgl] });
  let images = 0;
  addEventListener('message', ({ data }) => {
    if (data.method !== 'detect' || ++images !== 3) return;
    contexts.at(-1).getExtension('WEBGL_lose_context').loseContext();
  });`;

/** The GPU is two busy cores, and its shaders are compiled first. */
const TIMEOUT_MS = 180_000;

describe.skipIf(!hasChromium)('GPU backends in a page', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  let fixture: Fixture;
  let site: Site;
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launchChromium({ gpu: true }), createFixture()]);
    site = await serveSite({
      ...fixture.content,
      files: { ...fixture.content.files, '/contexts.js': CONTEXTS, '/worker.js': WORKER },
    });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    fixture?.remove();
  });

  it('finds with WebGL what Node finds, two frames at a time, and goes on when the GPU is lost', async () => {
    const [page, messages] = await openPage(browser, `${site.url}/${SOFTWARE_WEBGL}`);
    await page.addScriptTag({ url: '/contexts.js' });
    const result = await page.evaluate(async (options) => {
      const { RefineDet } = await lib('gpu/refinedet');
      const { webgl } = await lib('gpu/webgl');
      const detector = await RefineDet.load('/model.safetensors', {
        backend: 'webgl',
        gpu: [webgl],
        threads: 1,
      });
      const before = detector.backend;
      let draws = 0;
      let overlaps = 0;
      const waiting: number[] = [];
      const { drawElements, fenceSync, getBufferSubData } = WebGL2RenderingContext.prototype;
      Object.assign(WebGL2RenderingContext.prototype, {
        drawElements(...args: unknown[]) {
          draws++;
          return Reflect.apply(drawElements, this, args);
        },
        fenceSync(...args: unknown[]) {
          waiting.push(draws);
          return Reflect.apply(fenceSync, this, args);
        },
        getBufferSubData(...args: unknown[]) {
          if (waiting.shift()! < draws) overlaps++;
          return Reflect.apply(getBufferSubData, this, args);
        },
      });
      const found = await Promise.all(
        [0, 1, 2].map(() => detector.detect('/examples/cat.jpg', options)),
      );
      const sizes: number[] = [];
      const backends: string[] = [];
      for await (const { index, detections } of detector.stream(
        Array.from({ length: 5 }, () => '/examples/cat.jpg'),
        options,
      )) {
        sizes.push(detections.length);
        backends.push(detector.backend);
        if (index === 1) contexts.at(-1)!.getExtension('WEBGL_lose_context')!.loseContext();
      }
      const afterwards = await detector.detect('/examples/cat.jpg', options);
      detector.dispose();
      const again = await RefineDet.load('/model.safetensors', { backend: 'webgl', gpu: [webgl] });
      found.push(afterwards, await again.detect('/examples/cat.jpg', options));
      return { before, overlaps, found, sizes, backends, again: again.backend };
    }, OPTIONS);
    expect(result.before).toBe('webgl');
    // Time after time, in this browser's software GPU.
    expect(result.found[1]).toEqual(result.found[0]);
    expect(result.found[2]).toEqual(result.found[0]);
    // Between a frame's last draw call and its read-back there were draw calls of the next one.
    expect(result.overlaps).toBeGreaterThan(0);
    for (const found of result.found) expectSame(found, fixture.expected);
    expect(result.sizes).toHaveLength(5);
    expect(Math.min(...result.sizes)).toBeGreaterThan(5);
    expect(result.backends[0]).toBe('webgl');
    expect(result.backends.at(-1)).toBe('wasm');
    expect(result.again).toBe('webgl');
    expect(messages.filter((message) => message.includes('refinedet'))).toEqual([
      'warning: refinedet goes on with wasm: the WebGL context was lost',
    ]);
    await page.close();
  });

  it('finds with WebGPU what Node finds', async () => {
    const [page] = await openPage(browser, `${site.url}/`);
    const { backend, found, lost } = await page.evaluate(async (options) => {
      const devices: { destroy(): void }[] = [];
      const adapter = (globalThis as never as { GPUAdapter: { prototype: object } }).GPUAdapter
        .prototype as { requestDevice(options: unknown): Promise<{ destroy(): void }> };
      const { requestDevice } = adapter;
      adapter.requestDevice = async function (wanted) {
        const device = await requestDevice.call(this, wanted);
        devices.push(device);
        return device;
      };
      const { RefineDet } = await lib('gpu/refinedet');
      const { webgpu } = await lib('gpu/webgpu');
      const warnings: string[] = [];
      const detector = await RefineDet.load('/model.safetensors', {
        backend: 'webgpu',
        gpu: [webgpu],
        threads: 1,
        warn: (message) => warnings.push(message),
      });
      const { backend } = detector;
      const found = [
        await detector.detect('/examples/cat.jpg', options),
        await detector.detect('/examples/cat.jpg', options),
      ];
      devices[0].destroy();
      found.push(await detector.detect('/examples/cat.jpg', options));
      return { backend, found, lost: { backend: detector.backend, warnings } };
    }, OPTIONS);
    expect(backend).toBe('webgpu');
    expect(found[1]).toEqual(found[0]);
    for (const detections of found) expectSame(detections, fixture.expected);
    expect(lost.backend).toBe('wasm');
    expect(lost.warnings[0]).toMatch(/^refinedet goes on with wasm: the WebGPU device was lost/);
    await page.close();
  });

  it('works in a worker of one’s own, whose stream loses no frame with the GPU', async () => {
    const [page] = await openPage(browser, `${site.url}/`);
    const { backends, warnings, found } = await page.evaluate(
      async ({ options, query }) => {
        const { createWorkerDetector } = await lib('worker');
        const warnings: string[] = [];
        const detector = await createWorkerDetector('/model.safetensors', {
          backend: 'webgl',
          worker: () => new Worker(`/worker.js${query}`, { type: 'module' }),
          warn: (message) => warnings.push(message),
        });
        const images = Array.from({ length: 5 }, () => '/examples/cat.jpg');
        const backends: string[] = [detector.backend];
        const found = [];
        for await (const { detections } of detector.stream(images, options)) {
          found.push(detections);
        }
        backends.push(detector.backend);
        detector.dispose();
        return { backends, warnings, found };
      },
      { options: OPTIONS, query: SOFTWARE_WEBGL },
    );
    expect(backends).toEqual(['webgl', 'wasm']);
    expect(found).toHaveLength(5);
    for (const detections of found) expectSame(detections, fixture.expected);
    expect(warnings).toContain('refinedet goes on with wasm: the WebGL context was lost');
    await page.close();
  });

  it('leaves out a renderer in software when the choice is automatic, and says so', async () => {
    const [page] = await openPage(browser, `${site.url}/${SOFTWARE_WEBGL}`);
    const { backend, notes } = await page.evaluate(async () => {
      const { RefineDet } = await lib('gpu/refinedet');
      const { webgl } = await lib('gpu/webgl');
      const notes: string[] = [];
      const detector = await RefineDet.load('/model.safetensors', {
        gpu: [webgl],
        threads: 1,
        info: (note) => notes.push(note),
      });
      return { backend: detector.backend, notes };
    });
    expect(backend).toBe('wasm');
    expect(notes).toEqual([
      expect.stringMatching(/^refinedet: webgl is left out: no GPU, but .*SwiftShader/),
      expect.stringMatching(/^refinedet runs on wasm: wasm [0-9.]+ ms an image$/),
    ]);
    await page.close();
  });

  it('goes without a GPU that is not there, but not when it is asked for', async () => {
    const [page] = await openPage(browser, `${site.url}/`);
    const { backend, notes, forced } = await page.evaluate(async () => {
      for (const { prototype } of [OffscreenCanvas, HTMLCanvasElement]) {
        prototype.getContext = () => null;
      }
      const { RefineDet } = await lib('gpu/refinedet');
      const { webgl } = await lib('gpu/webgl');
      const notes: string[] = [];
      const options = { gpu: [webgl], threads: 1, info: (note: string) => notes.push(note) };
      const detector = await RefineDet.load('/model.safetensors', options);
      const forced = await RefineDet.load('/model.safetensors', {
        ...options,
        backend: 'webgl',
      }).then(String, (error) => error.code);
      return { backend: detector.backend, notes, forced };
    });
    expect(backend).toBe('wasm');
    expect(forced).toBe('BACKEND_UNAVAILABLE');
    expect(notes[0]).toMatch(/^refinedet: cannot use webgl: /);
    await page.close();
  });
});
