import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundledApp, bundleApp } from '../../support/browser/bundle.ts';
import { hasChromium, launchChromium, openPage } from '../../support/browser/chromium.ts';
import { type Site, serveSite } from '../../support/browser/server.ts';
import { TRAINED_PRESETS } from '../../support/reference/composed-gradients.ts';

/** tfjs refuses WebGL in software unless told so. */
const FLAGS = '?tfjsflags=SOFTWARE_WEBGL_ENABLED:true';

/** The GPU is two busy cores, and its shaders are compiled first. */
const TIMEOUT_MS = 600_000;

describe.skipIf(!hasChromium)('gradients in a page', { timeout: TIMEOUT_MS }, () => {
  let app: BundledApp;
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    [app, browser] = await Promise.all([bundleApp('gradients-app'), launchChromium({ gpu: true })]);
    site = await serveSite({ folders: { '': app.folder } });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    app?.remove();
  });

  const cases = TRAINED_PRESETS.flatMap((preset) =>
    (['webgl', 'webgpu'] as const).map((gpu) => [preset, gpu] as const),
  );
  it.each(cases)('of %s are the same composed on %s as from the kernels', async (preset, gpu) => {
    const [page] = await openPage(browser, `${site.url}/index.html${FLAGS}`);
    const found = await page.evaluate(([name, on]) => globalThis.compareGradients(on, name), [
      preset,
      gpu,
    ] as const);
    await page.close();
    expect(found.tensors).toBeGreaterThan(5);
    expect(found.unlike).toEqual([]);
  });
});
