import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModel } from '../../src/index.ts';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import {
  type Demo,
  download,
  openDemo,
  PATIENCE_MS,
  serveDemo,
} from '../../support/browser/demo.ts';
import { expectSame } from '../../support/browser/fixture.ts';
import { serveSite } from '../../support/browser/server.ts';
import { randomModel } from '../../support/models/random-model.ts';

/** Shaders are compiled for a GPU made of two busy cores, for every backend anew. */
const GPU_TIMEOUT_MS = 400_000;

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
      const { file } = await download(page, '#save-json');
      expectSame(JSON.parse(readFileSync(file, 'utf8')).detections, demo.expected);
    };
    await page.selectOption('#threads', '1');
    await state(/^WebAssembly$/);
    await expectFound();
    await page.selectOption('#threads', '2');
    await state(/^WebAssembly, 2 threads$/);
    for (const [backend, name] of [
      ['webgl', /^WebGL$/],
      ['webgpu', /^WebGPU$/],
    ] as const) {
      await page.selectOption('#backend', backend);
      await state(name);
      expect(await page.isDisabled('#threads')).toBe(true);
      await expectFound();
    }
    await page.selectOption('#backend', 'auto');
    // Chromium has software renderers here, which are not worth timing.
    await state(/^WebAssembly, 2 threads$/);
    expect(await page.textContent('#choice')).toMatch(/wasm [\d.]+ ms/);
    await expectFound();
    await page.selectOption('#backend', 'wasm');
    const own = join(demo.folder, 'own.safetensors');
    writeFileSync(own, await writeModel(randomModel(64, 2)));
    await page.locator('#model').setInputFiles(own);
    await page.waitForFunction(() =>
      /^own\.safetensors: .*64×64, 3 classes/.test(
        document.querySelector('#model-name')!.textContent!,
      ),
    );
    expect(problems).toEqual([]);
    expect(await page.isVisible('#problem')).toBe(false);
    await close();
  });

  it('works below a path, without isolation, and says what to do without its model', async () => {
    const files = { '/some/path/models/default.safetensors': demo.model };
    const plain = await serveSite({ folders: { '/some/path': demo.folder }, files });
    const { page, problems, close } = await openDemo(browser, `${plain.url}/some/path/index.html`);
    expect(await page.textContent('#engine-state')).toBe('WebAssembly');
    expect(await page.isVisible('#threads-note')).toBe(true);
    expect(await page.isVisible('#problem')).toBe(false);
    expect(problems).toEqual([]);
    await close();
    await plain.close();

    const empty = await serveSite({ folders: { '': demo.folder } });
    const context = await browser.newContext();
    const alone = await context.newPage();
    alone.setDefaultTimeout(PATIENCE_MS);
    await alone.goto(`${empty.url}/index.html`);
    await alone.waitForSelector('#problem:visible');
    expect(await alone.textContent('#problem p')).toMatch(/copy models\/default\.safetensors/);
    expect(await alone.textContent('#engine-state')).toBe('No model');
    await context.close();
    await empty.close();
  });
});
