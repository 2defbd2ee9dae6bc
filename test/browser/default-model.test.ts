import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detection } from '../../src/boxes.ts';
import { RefineDet } from '../../src/index.ts';
import { DEFAULT_MODEL, MODELS, type ModelName, modelFile } from '../../src/packaged-models.ts';
import {
  hasChromium,
  launchChromium,
  openPage,
  SOFTWARE_WEBGL,
} from '../../support/browser/chromium.ts';
import { createFixture, expectSame, type Fixture } from '../../support/browser/fixture.ts';
import { type Site, serveSite } from '../../support/browser/server.ts';

const EXAMPLES = new URL('../../examples/', import.meta.url);
const packaged = (name: ModelName) =>
  readFileSync(new URL(`../../${modelFile(name)}`, import.meta.url));
const IMAGE = 'astronaut.jpg';
/** So low that there is more to compare than the astronaut. */
const OPTIONS = { scoreThreshold: 0.01 };

/** A GPU made of two busy cores, and a network of full size. */
const TIMEOUT_MS = 400_000;

describe.skipIf(!hasChromium)('the default model in a page', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  let fixture: Fixture;
  let site: Site;
  /** What Node finds in floats, as GPUs compute. */
  let inFloats: Detection[];
  beforeAll(async () => {
    browser = await launchChromium({ gpu: true });
    fixture = await createFixture(packaged(DEFAULT_MODEL), IMAGE, OPTIONS);
    site = await serveSite({ ...fixture.content, isolated: true });
    const detector = await RefineDet.load(packaged(DEFAULT_MODEL), { compute: 'float32' });
    inFloats = await detector.detect(fileURLToPath(new URL(IMAGE, EXAMPLES)), OPTIONS);
    detector.dispose();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    fixture?.remove();
  });

  it('is one of several: each is found by its name beside the bundle', async () => {
    const files = Object.fromEntries(MODELS.map((name) => [`/${modelFile(name)}`, packaged(name)]));
    const named = await serveSite({ ...fixture.content, files });
    const [page] = await openPage(browser, `${named.url}/`);
    const found = await page.evaluate(
      async ({ names, image, options }) => {
        const { RefineDet } = await lib('refinedet');
        const { createWorkerDetector } = await lib('worker');
        const found = [];
        for (const name of names) {
          for (const start of [() => RefineDet.load(name), () => createWorkerDetector(name)]) {
            const detector = await start();
            found.push([name, await detector.detect(`/examples/${image}`, options)]);
            detector.dispose();
          }
        }
        return found;
      },
      { names: MODELS, image: IMAGE, options: OPTIONS },
    );
    for (const name of MODELS) {
      const detector = await RefineDet.load(name);
      const expected = await detector.detect(fileURLToPath(new URL(IMAGE, EXAMPLES)), OPTIONS);
      detector.dispose();
      expect(found.filter(([loaded]) => loaded === name)).toEqual(Array(2).fill([name, expected]));
    }
    await named.close();
  });

  it.each([
    ['wasm', 1, 'int8'],
    ['wasm', 2, 'int8'],
    ['wasm', 2, 'float32'],
    ['webgl', 1, 'float32'],
    ['webgpu', 1, 'float32'],
  ] as const)(
    'finds with %s, threads: %i, in %s, what Node finds',
    async (backend, threads, compute) => {
      const [page] = await openPage(browser, `${site.url}/${SOFTWARE_WEBGL}`);
      const { found, ...engine } = await page.evaluate(
        async ({ backend, threads, compute, image, options }) => {
          const { RefineDet } = await lib('gpu/refinedet');
          const gpu = [(await lib('gpu/webgl')).webgl, (await lib('gpu/webgpu')).webgpu];
          const detector = await RefineDet.load('/model.safetensors', {
            backend,
            gpu,
            threads,
            compute: compute === 'int8' ? 'auto' : compute,
          });
          const found = await detector.detect(`/examples/${image}`, options);
          return {
            found,
            backend: detector.backend,
            threads: detector.threads,
            compute: detector.compute,
          };
        },
        { backend, threads, compute, image: IMAGE, options: OPTIONS },
      );
      expect(engine).toEqual({ backend, threads, compute });
      if (compute === 'int8') expect(found).toEqual(fixture.expected);
      else expectSame(found, inFloats, OPTIONS);
      await page.close();
    },
  );
});
