import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations } from '../../support/browser/axe.ts';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import { type Demo, openDemo, PATIENCE_MS, serveDemo } from '../../support/browser/demo.ts';

const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 } };

/** Steps to the states of the page, one after the other. */
const STATES: Record<string, (page: Page) => Promise<unknown>> = {
  results: async () => {},
  settings: (page) => page.click('#settings'),
  classes: async (page) => {
    await page.keyboard.press('Escape');
    await page.click('#choose-classes');
  },
  'nothing found': async (page) => {
    await page.click('#no-classes');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#show-hidden:visible');
  },
  'a file that cannot be opened': async (page) => {
    const buffer = Buffer.from('no image');
    await page.locator('#file').setInputFiles({ name: 'x.jpg', mimeType: 'image/jpeg', buffer });
    await page.waitForSelector('#unreadable:visible');
  },
  'a file of another kind': async (page) => {
    const buffer = Buffer.from('text');
    await page.locator('#file').setInputFiles({ name: 'x.txt', mimeType: 'text/plain', buffer });
    await page.waitForSelector('#notice:visible');
  },
};

describe.skipIf(!hasChromium)('the demo page, checked by axe', { timeout: PATIENCE_MS }, () => {
  let demo: Demo;
  let browser: Browser;
  beforeAll(async () => {
    demo = await serveDemo();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    demo?.close();
  });

  it.each([
    ['light', DESKTOP],
    ['dark', PHONE],
  ] as const)('has no violation in any state, %s', async (colorScheme, size) => {
    const { page, close } = await openDemo(browser, demo.url, { ...size, colorScheme });
    const found: Record<string, string[]> = {};
    for (const [name, reach] of Object.entries(STATES)) {
      await reach(page);
      found[name] = await violations(page);
    }
    expect(found).toEqual(Object.fromEntries(Object.keys(STATES).map((name) => [name, []])));
    await close();
  });

  it('reports what is wrong', async () => {
    const { page, close } = await openDemo(browser, demo.url);
    await page.evaluate(() => document.querySelector('#threshold')!.removeAttribute('id'));
    expect(await violations(page)).toEqual([expect.stringMatching(/^label: /)]);
    await close();
  });
});
