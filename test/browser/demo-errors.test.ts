import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium, WITHOUT_GRAPHICS } from '../../support/browser/chromium.ts';
import { CAT, type Demo, openDemo, serveDemo, showAll } from '../../support/browser/demo.ts';

describe.skipIf(!hasChromium)('the demo page, when something cannot work', () => {
  let demo: Demo;
  let browser: Browser;
  beforeAll(async () => {
    demo = await serveDemo();
    browser = await launchChromium({ flags: WITHOUT_GRAPHICS });
  });
  afterAll(async () => {
    await browser?.close();
    demo?.close();
  });

  const expectUnreadable = async (page: Page, title: string | RegExp) => {
    const words = page.locator('#unreadable strong', { hasText: title });
    await words.waitFor({ state: 'visible' });
    expect(await page.isVisible('#image')).toBe(false);
    expect(await page.textContent('#found-title')).toBe('No result');
  };

  it('shows a reason in place of half an image, until an image comes that works', async () => {
    const { page, close } = await openDemo(browser, demo.url);
    const give = (name: string, buffer: Buffer) =>
      page.locator('#file').setInputFiles({ name, mimeType: 'image/jpeg', buffer });
    const jpeg = readFileSync(CAT);
    await give('half.jpg', jpeg.subarray(0, jpeg.length / 2));
    await expectUnreadable(page, 'half.jpg cannot be opened');
    await give('whole.jpg', jpeg);
    await showAll(page);
    expect(await page.isVisible('#unreadable')).toBe(false);
    await give('text.jpg', Buffer.from('no image'));
    await expectUnreadable(page, 'text.jpg cannot be opened');
    await give('IMG_1.HEIC', Buffer.from('no image that this browser knows'));
    await expectUnreadable(page, /^IMG_1.HEIC is a HEIC photo/);
    expect(await page.textContent('#unreadable')).toMatch(/Save it as JPEG/);
    const video = { name: 'cut.mp4', mimeType: 'video/mp4', buffer: Buffer.from('no video') };
    await page.locator('#file').setInputFiles(video);
    await expectUnreadable(page, 'cut.mp4 cannot be opened');
    await close();
  });

  it('explains a camera that is missing or blocked', async () => {
    const { page, close } = await openDemo(browser, demo.url);
    for (const [name, title] of [
      ['NotAllowedError', 'The camera is blocked'],
      ['NotFoundError', 'No camera found'],
      ['NotReadableError', 'The camera is in use'],
    ]) {
      await page.evaluate((name) => {
        const refuse = () => Promise.reject(new DOMException('no', name));
        Object.assign(navigator.mediaDevices, { getUserMedia: refuse });
      }, name);
      await page.click('#camera');
      await page.waitForSelector('#notice:visible');
      expect(await page.textContent('#notice strong')).toBe(title);
      expect(await page.textContent('#camera')).toMatch(/Camera$/);
      await page.click('#notice-close');
    }
    await close();
  });

  it('offers only backends that exist, with the reason beside the others', async () => {
    const { page, close } = await openDemo(browser, demo.url);
    await page.click('#settings');
    await page.waitForSelector('[value=auto]:disabled');
    for (const backend of ['webgl', 'webgpu']) {
      const choice = page.locator('#backends label', { has: page.locator(`[value=${backend}]`) });
      expect(await choice.textContent()).toMatch(/Not available: this browser/);
      expect(await choice.locator('input').isDisabled()).toBe(true);
    }
    await close();
  });

  it('keeps the engine when another one cannot be started', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    // The page is told of a device that its worker does not have.
    await page.addInitScript(() => {
      const gpu = { requestAdapter: () => Promise.resolve({}) };
      Object.defineProperty(navigator, 'gpu', { value: gpu });
    });
    await page.goto(demo.url);
    await showAll(page);
    const state = await page.textContent('#engine-state');
    await page.click('#settings');
    await page.locator('[value=webgpu]').check();
    await page.waitForSelector('#engine-dialog #notice:visible');
    expect(await page.textContent('#notice p')).toBe(
      'WebGPU cannot be used here The page continues with WebAssembly.',
    );
    expect(await page.isChecked('[value=wasm]')).toBe(true);
    expect(await page.isDisabled('[value=webgpu]')).toBe(true);
    expect(await page.textContent('#engine-state')).toBe(state);
    await page.keyboard.press('Escape');
    await page.click('#samples button:last-child');
    await page.waitForSelector('img[alt="astronaut.jpg"]');
    await showAll(page);
    // What works takes the message away.
    await page.click('#settings');
    await page.selectOption('#threads', '1');
    await page.waitForSelector('#notice', { state: 'hidden' });
    await context.close();
  });
});
