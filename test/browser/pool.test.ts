import { readdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { hasChromium, launchChromium, openPage } from '../../support/browser/chromium.ts';
import { createFixture, expectSame, type Fixture, OPTIONS } from '../../support/browser/fixture.ts';
import { rendererMemory } from '../../support/browser/renderer-memory.ts';
import { type Site, serveSite } from '../../support/browser/server.ts';

const EXAMPLES = readdirSync(new URL('../../examples', import.meta.url))
  .filter((name) => name.endsWith('.jpg'))
  .map((name) => `/examples/${name}`);
/** More images than workers. */
const IMAGES = [...EXAMPLES, ...EXAMPLES, ...EXAMPLES];

/** A worker of one's own that dies when the page says so on a channel of the test. */
const MORTAL = `
  import { serve } from '/lib/serve.js';
  serve();
  new BroadcastChannel('death').onmessage = ({ data }) => {
    if (data === self.name) throw new Error('killed');
  };`;

describe.skipIf(!hasChromium)('a pool of two workers in a page', { timeout: 120_000 }, () => {
  let browser: Browser;
  let fixture: Fixture;
  let site: Site;
  let page: Page;
  let messages: string[];
  let expected: Detection[][];
  beforeAll(async () => {
    [browser, fixture] = await Promise.all([launchChromium(), createFixture()]);
    const files = { ...fixture.content.files, '/mortal.js': MORTAL };
    site = await serveSite({ ...fixture.content, files, isolated: true });
    [page, messages] = await openPage(browser, `${site.url}/`);
    expected = await page.evaluate(
      async ([images, options]) => {
        const { RefineDet } = await lib('refinedet');
        const single = await RefineDet.load('/model.safetensors', { threads: 1 });
        const found = await single.detectBatch(images, options);
        single.dispose();
        return found;
      },
      [IMAGES, OPTIONS] as const,
    );
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    fixture?.remove();
  });

  it('finds what one detector finds, in order, and downloads the model once', async () => {
    site.requests.length = 0;
    const { found, streamed, facts } = await page.evaluate(
      async ([images, options]) => {
        for (const name of await caches.keys()) await caches.delete(name);
        const { createPool } = await lib('pool');
        const pool = await createPool('/model.safetensors', { workers: 2 });
        const found = await pool.detectBatch(images, options);
        const streamed: Detection[][] = [];
        for await (const { detections } of pool.stream(images, options)) streamed.push(detections);
        const { threads, backend, classes } = pool;
        const facts = { threads, backend, classes, anchors: pool.anchors().length };
        await pool.dispose();
        return { found, streamed, facts };
      },
      [IMAGES, OPTIONS] as const,
    );
    expectSame(found[IMAGES.indexOf('/examples/cat.jpg')], fixture.expected);
    expect(found).toEqual(expected);
    expect(streamed).toEqual(expected);
    expect(facts).toMatchObject({ threads: 2, backend: 'wasm', classes: ['ant', 'bee', 'cat'] });
    expect(facts.anchors).toBeGreaterThan(100);
    expect(site.requests.filter((path) => path === '/model.safetensors').length).toBeLessThan(2);
    expect(messages).toEqual([]);
  });

  it('survives a worker killed in the middle, which costs one image', async () => {
    const { outcomes, after, warnings, workers } = await page.evaluate(
      async ([images, options]) => {
        const { createPool } = await lib('pool');
        const warnings: string[] = [];
        let workers = 0;
        const pool = await createPool('/model.safetensors', {
          workers: 2,
          warn: (message) => warnings.push(message),
          worker: () => new Worker('/mortal.js', { type: 'module', name: `w${workers++}` }),
        });
        const slow = images.map((image) => pool.detect(image, { ...options, multiScale: true }));
        await Promise.race(slow);
        new BroadcastChannel('death').postMessage('w0');
        const outcomes = (await Promise.allSettled(slow)).map((outcome) =>
          outcome.status === 'rejected' ? outcome.reason.code : 'fine',
        );
        const after = await pool.detectBatch(images, options);
        await pool.dispose();
        return { outcomes, after, warnings, workers };
      },
      [IMAGES, OPTIONS] as const,
    );
    expect(outcomes.filter((outcome) => outcome !== 'fine')).toEqual(['WORKER_CRASHED']);
    expect(workers).toBe(3);
    expect(warnings).toEqual([
      'the worker has crashed: Uncaught Error: killed; another worker is started',
    ]);
    expect(after).toEqual(expected);
  });

  it('honors an abort at once', async () => {
    const { codes, after } = await page.evaluate(
      async ([images, options]) => {
        const { createPool } = await lib('pool');
        const pool = await createPool('/model.safetensors', { workers: 2 });
        const aborting = new AbortController();
        const { signal } = aborting;
        const slow = images.map((image) =>
          pool
            .detect(image, { ...options, multiScale: true, signal })
            .then(() => 'fine')
            .catch(({ code }) => code as string),
        );
        setTimeout(() => aborting.abort(), 20);
        const codes = await Promise.all(slow);
        const after = await pool.detectBatch(images, options);
        await pool.dispose();
        return { codes, after };
      },
      [IMAGES, OPTIONS] as const,
    );
    expect(codes).toEqual(IMAGES.map(() => 'ABORTED'));
    expect(after).toEqual(expected);
  });

  it('gives its memory and its workers back', async () => {
    const workersBefore = page.workers().length;
    const start = () =>
      page.evaluate(
        async ([images, options]) => {
          const { createPool } = await lib('pool');
          globalThis.detector = await createPool('/model.safetensors', { workers: 2 });
          await globalThis.detector.detectBatch(images, options);
        },
        [EXAMPLES, OPTIONS] as const,
      );
    const stop = () => page.evaluate(() => globalThis.detector.dispose());
    await start();
    const memory = await rendererMemory(browser, page);
    const alive = await memory();
    await stop();
    const first = await memory();
    for (let cycle = 0; cycle < 3; cycle++) {
      await start();
      await stop();
    }
    const last = await memory();
    expect(page.workers().length).toBe(workersBefore);
    const taken = alive - first;
    expect(taken).toBeGreaterThan(20e6);
    expect(last - first).toBeLessThan(taken / 2);
  });
});
