import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hasChromium,
  launchChromium,
  openPage,
  SOFTWARE_WEBGL,
} from '../../support/browser/chromium.ts';
import { createFixture, expectSame, type Fixture } from '../../support/browser/fixture.ts';
import { type Site, serveSite } from '../../support/browser/server.ts';

const MODEL = new URL('../../models/default.safetensors', import.meta.url);
const IMAGE = 'astronaut.jpg';
/** So low that there is more to compare than the astronaut. */
const OPTIONS = { scoreThreshold: 0.01 };

/** A GPU made of two busy cores, and a network of full size. */
const TIMEOUT_MS = 400_000;

describe.skipIf(!hasChromium)('the default model in a page', { timeout: TIMEOUT_MS }, () => {
  let browser: Browser;
  let fixture: Fixture;
  let site: Site;
  beforeAll(async () => {
    browser = await launchChromium({ gpu: true });
    fixture = await createFixture(readFileSync(MODEL), IMAGE, OPTIONS);
    site = await serveSite({ ...fixture.content, isolated: true });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    fixture?.remove();
  });

  it.each([
    ['wasm', 1],
    ['wasm', 2],
    ['webgl', 1],
    ['webgpu', 1],
  ] as const)('finds with %s, threads: %i, what Node finds', async (backend, threads) => {
    const [page] = await openPage(browser, `${site.url}/${SOFTWARE_WEBGL}`);
    const { found, ...engine } = await page.evaluate(
      async ({ backend, threads, image, options }) => {
        const { RefineDet } = await lib('gpu/refinedet');
        const gpu = [(await lib('gpu/webgl')).webgl, (await lib('gpu/webgpu')).webgpu];
        const detector = await RefineDet.load('/model.safetensors', { backend, gpu, threads });
        const found = await detector.detect(`/examples/${image}`, options);
        return { found, backend: detector.backend, threads: detector.threads };
      },
      { backend, threads, image: IMAGE, options: OPTIONS },
    );
    expect(engine).toEqual({ backend, threads });
    expectSame(found, fixture.expected, OPTIONS);
    await page.close();
  });
});
