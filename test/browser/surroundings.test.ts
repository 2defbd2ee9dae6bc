/** What a page brings along: values of its frames, and a Content-Security-Policy. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium, openPage } from '../../support/browser/chromium.ts';
import { createFixture, expectSame, type Fixture, OPTIONS } from '../../support/browser/fixture.ts';
import { type Site, serveSite } from '../../support/browser/server.ts';

const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:";
/** As docs/csp.md has it. */
const ENOUGH =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; img-src 'self' blob: data:";

describe.skipIf(!hasChromium)('a page', () => {
  let browser: Browser;
  let fixture: Fixture;
  const sites: Site[] = [];
  const serve = async (policy?: string) => {
    const headers: Record<string, string> = policy ? { 'content-security-policy': policy } : {};
    const site = await serveSite({ ...fixture.content, headers, isolated: true });
    sites.push(site);
    return openPage(browser, `${site.url}/`);
  };
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launchChromium(), createFixture()]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(sites.map((site) => site.close()));
    fixture?.remove();
  });

  it.each(['refinedet', 'worker'] as const)('takes values of a frame: %s', async (name) => {
    const [page, messages] = await serve();
    const { own, found } = await page.evaluate(
      async ([entry, options]) => {
        const frame = document.body.appendChild(document.createElement('iframe'));
        const realm = frame.contentWindow as Window & typeof globalThis;
        const bytesOf = async (url: string) =>
          realm.Uint8Array.from(new Uint8Array(await (await fetch(url)).arrayBuffer()));
        const model = (await bytesOf('/model.safetensors')).buffer;
        const detector =
          entry === 'worker'
            ? await (await lib('worker')).createWorkerDetector(model, { threads: 1 })
            : await (await lib('refinedet')).RefineDet.load(model, { threads: 1 });
        const bytes = await bytesOf('/examples/cat.jpg');
        const bitmap = await createImageBitmap(new Blob([bytes]));
        const canvas = realm.document.createElement('canvas');
        Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
        const context = canvas.getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height);
        const sources = {
          blob: new realm.Blob([bytes]),
          file: new realm.File([bytes], 'cat.jpg'),
          bytes,
          buffer: bytes.buffer.slice(0),
          url: new realm.URL('/examples/cat.jpg', location.href),
          canvas,
          pixels,
          raw: {
            data: pixels.data,
            width: bitmap.width,
            height: bitmap.height,
            channels: 4 as const,
          },
        };
        const found = [];
        for (const [kind, source] of Object.entries(sources)) {
          found.push({ kind, boxes: await detector.detect(source, options) });
        }
        const isOwn = sources.blob instanceof Blob || bytes instanceof Uint8Array;
        detector.dispose();
        return { own: isOwn, found };
      },
      [name, OPTIONS] as const,
    );
    expect(own).toBe(false);
    expect(found).toHaveLength(8);
    for (const { kind, boxes } of found) {
      expect(boxes.length, kind).toBeGreaterThan(0);
      expectSame(boxes, fixture.expected);
    }
    expect(messages).toEqual([]);
    await page.close();
  });

  it.each([
    { policy: POLICY, threads: 1, warnings: 1 },
    { policy: ENOUGH, threads: 2, warnings: 0 },
  ])('with the policy $policy has $threads thread(s)', async ({ policy, threads, warnings }) => {
    const [page, messages] = await serve(policy);
    const result = await page.evaluate(async (options) => {
      const { RefineDet } = await lib('refinedet');
      const detector = await RefineDet.load('/model.safetensors', { threads: 'auto' });
      const blob = await (await fetch('/examples/cat.jpg')).blob();
      const found = await detector.detect(blob, options);
      const { threads } = detector;
      detector.dispose();
      return { threads, found };
    }, OPTIONS);
    expect(result.threads).toBe(threads);
    expectSame(result.found, fixture.expected);
    const told = messages.filter((message) => message.startsWith('warning: refinedet'));
    expect(told, messages.join('; ')).toHaveLength(warnings);
    for (const warning of told) expect(warning).toContain('script-src');
    await page.close();
  });

  it('says which directive forbids its worker', async () => {
    const [page] = await serve(POLICY.replace("worker-src 'self' blob:", "worker-src 'none'"));
    const error = await page.evaluate(async () => {
      const { createWorkerDetector } = await lib('worker');
      return createWorkerDetector('/model.safetensors').then(
        String,
        (e) => `${e.code} ${e.message}`,
      );
    });
    expect(error).toMatch(/WORKER_CRASHED.*worker-src/);
    await page.close();
  });
});
