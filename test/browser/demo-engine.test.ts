import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveSite as serveDemoSite } from '../../src/cli/demo/demo-server.ts';
import { type Site as DemoSite, readSite } from '../../src/cli/demo/demo-site.ts';
import { modelBytes } from '../../src/detection/load-model.ts';
import { writeModel } from '../../src/index.ts';
import { modelFile } from '../../src/packaged-models.ts';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import {
  type Demo,
  download,
  openDemo,
  PATIENCE_MS,
  serveDemo,
  showAll,
} from '../../support/browser/demo.ts';
import { expectSame } from '../../support/browser/fixture.ts';
import { serveSite } from '../../support/browser/server.ts';
import { randomModel } from '../../support/models/random-model.ts';

/** Shaders are compiled for a GPU made of two busy cores, for every backend anew. */
const GPU_TIMEOUT_MS = 400_000;

/** Names of the models that the page offers; the chosen one has a mark. */
const models = (page: Page) =>
  page
    .locator('#models label')
    .evaluateAll((labels) =>
      labels.map(
        (label) =>
          label.querySelector('b')!.textContent + (label.querySelector(':checked') ? ' ✓' : ''),
      ),
    );

/** Waits until the page describes this network. */
const runs = (page: Page, pattern: RegExp) =>
  page.locator('#model-size', { hasText: pattern }).waitFor({ state: 'attached' });

describe.skipIf(!hasChromium)('the engine of the demo page', () => {
  let demo: Demo;
  let browser: Browser;
  beforeAll(async () => {
    demo = await serveDemo();
    browser = await launchChromium({ gpu: true });
  });
  afterAll(async () => {
    await browser?.close();
    demo?.close();
  });

  it('changes threads, the backend and the model', { timeout: GPU_TIMEOUT_MS }, async () => {
    const { page, problems, close } = await openDemo(browser, demo.url);
    page.setDefaultTimeout(GPU_TIMEOUT_MS);
    const state = (pattern: RegExp) =>
      page.waitForFunction(
        (wanted) => new RegExp(wanted).test(document.querySelector('#engine-state')!.textContent!),
        pattern.source,
      );
    const expectFound = async () => {
      await page.waitForSelector('#found li');
      await page.keyboard.press('Escape');
      const { file } = await download(page, '#save-json');
      await page.click('#settings');
      expectSame(JSON.parse(readFileSync(file, 'utf8')).detections, demo.expected);
    };
    const choose = (backend: string) => page.locator(`[name=backend][value=${backend}]`).check();
    await page.click('#settings');
    await page.selectOption('#threads', '1');
    await state(/^WebAssembly$/);
    await expectFound();
    await page.selectOption('#threads', '2');
    await state(/^WebAssembly, 2 threads$/);
    for (const [backend, name] of [
      ['webgl', /^WebGL$/],
      ['webgpu', /^WebGPU$/],
    ] as const) {
      await choose(backend);
      await state(name);
      expect(await page.isDisabled('#threads')).toBe(true);
      await expectFound();
    }
    await choose('auto');
    // Chromium has software renderers here, which are not worth timing.
    await state(/^WebAssembly, 2 threads$/);
    expect(await page.textContent('#choice')).toMatch(/wasm [\d.]+ ms/);
    await expectFound();
    await choose('wasm');
    await page.waitForSelector('#engine-state:not(.busy)');
    const own = join(demo.folder, 'own.safetensors');
    writeFileSync(own, await writeModel(randomModel(64, 2)));
    await page.locator('#model').setInputFiles(own);
    await expect.poll(() => models(page)).toEqual(['Default', 'Nano', 'own.safetensors ✓']);
    // The default model has the same size here: only the state says that the other one is ready.
    await page.waitForSelector('#engine-state:not(.busy)');
    await runs(page, /^refinedet320-mobilenet, 3 classes, 64 × 64 pixels$/);
    // What is no model leaves the choice; the backend that was selected with it stays.
    const broken = { name: 'notes.safetensors', mimeType: 'text/plain', buffer: Buffer.from('no') };
    for (const backend of ['wasm', 'webgl']) {
      await choose(backend);
      await page.locator('#model').setInputFiles(broken);
      await page.waitForSelector('#notice:visible');
      expect(await page.textContent('#notice strong')).toBe('notes.safetensors cannot be used');
      expect(await models(page)).toEqual(['Default', 'Nano', 'own.safetensors ✓']);
      expect(await page.isEnabled('[name=backend][value=webgl]')).toBe(true);
      await page.locator('[name=model][value=default]').check();
      await page.waitForSelector('#notice', { state: 'hidden' });
      expect(await models(page)).toEqual(['Default ✓', 'Nano', 'own.safetensors']);
      await page.locator('[name=model]').nth(2).check();
      await page.waitForSelector('#engine-state:not(.busy)');
    }
    expect(problems).toEqual([]);
    expect(await page.isVisible('#notice')).toBe(false);
    await close();
  });

  it('downloads only the model that is chosen, and shows which one runs', async () => {
    const asked = new Set<string>();
    const watch = (site: DemoSite): DemoSite =>
      Object.assign(new Map(site), {
        get(name: string) {
          if (name.startsWith('models/')) asked.add(name);
          return site.get(name);
        },
      });
    const site = watch(await readSite(demo.folder, demo.model));
    const { server, url } = await serveDemoSite(site, '127.0.0.1', 0);
    const { page, problems, close } = await openDemo(browser, url);
    await page.click('#settings');
    expect(await models(page)).toEqual(['Default ✓', 'Nano']);
    expect([...asked]).toEqual([modelFile('default')]);
    asked.clear();
    await page.locator('[name=model][value=nano]').check();
    await runs(page, /^refinedet192-nano, 20 classes, 192 × 192 pixels$/);
    expect(await models(page)).toEqual(['Default', 'Nano ✓']);
    expect([...asked]).toEqual([modelFile('nano')]);
    // Both are here now.
    server.closeAllConnections();
    server.close();
    await page.locator('[name=model][value=default]').check();
    await runs(page, /^refinedet320-mobilenet, 3 classes, 64 × 64 pixels$/);
    expect(problems).toEqual([]);
    await close();
  });

  it('starts with the model of the server', async () => {
    const nano = await modelBytes('nano');
    for (const [source, model, names, running] of [
      ['nano', nano, ['Default', 'Nano ✓'], /^refinedet192-nano, 20 classes/],
      ['runs/bees.safetensors', demo.model, ['bees.safetensors ✓', 'Nano'], /, 3 classes/],
    ] as const) {
      const site = await readSite(demo.folder, model, source);
      const { server, url } = await serveDemoSite(site, '127.0.0.1', 0);
      const { page, close } = await openDemo(browser, url);
      await runs(page, running);
      expect(await models(page)).toEqual(names);
      await close();
      server.close();
    }
  });

  it('works below a path, without isolation, and says what to do without its model', async () => {
    const files = { '/some/path/models/default.safetensors': demo.model };
    const plain = await serveSite({ folders: { '/some/path': demo.folder }, files });
    const { page, problems, close } = await openDemo(browser, `${plain.url}/some/path/index.html`);
    expect(await page.textContent('#engine-state')).toBe('WebAssembly');
    expect(await page.textContent('#threads-note')).toMatch(/^One thread: /);
    expect(await page.isVisible('#notice')).toBe(false);
    expect(problems).toEqual([]);
    await close();
    await plain.close();

    const empty = await serveSite({ folders: { '': demo.folder } });
    const context = await browser.newContext();
    const alone = await context.newPage();
    alone.setDefaultTimeout(PATIENCE_MS);
    await alone.goto(`${empty.url}/index.html`);
    await alone.waitForSelector('#notice:visible');
    expect(await alone.textContent('#notice')).toMatch(/copy models\/default\.safetensors/);
    expect(await alone.textContent('#engine-state')).toBe('No model');
    expect(await alone.textContent('#found-title')).toBe('No model');
    // The model comes, and the message goes.
    const path = `${empty.url}/models/default.safetensors`;
    await context.route(path, (route) => route.fulfill({ body: Buffer.from(demo.model) }));
    await alone.click('#notice-action');
    await showAll(alone);
    expect(await alone.isVisible('#notice')).toBe(false);
    await context.close();
    await empty.close();
  });
});
