import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import {
  CAT,
  type Demo,
  download,
  openDemo,
  PATIENCE_MS,
  serveDemo,
} from '../../support/browser/demo.ts';
import { expectSame } from '../../support/browser/fixture.ts';
import { serveSite } from '../../support/browser/server.ts';
import { makeVideo } from '../../support/browser/video.ts';

/** Until the page is there; the first result may take longer on a busy machine. */
const LOAD_LIMIT_MS = 3000;
const PHONE = { viewport: { width: 360, height: 740 } };
const DESKTOP = { viewport: { width: 1280, height: 800 } };

describe.skipIf(!hasChromium)('the demo page', () => {
  let demo: Demo;
  let browser: Browser;
  beforeAll(async () => {
    demo = await serveDemo();
    browser = await launchChromium({ camera: true });
  });
  afterAll(async () => {
    await browser?.close();
    demo?.close();
  });

  const open = (options?: BrowserContextOptions) => openDemo(browser, demo.url, options);
  /** Share of the view that has moved about, times how far, since the page was opened. */
  const layoutShift = (page: Page) =>
    page.evaluate(async () => {
      const shifts = await new Promise<PerformanceEntryList>((resolve) => {
        const observer = new PerformanceObserver((list) => resolve(list.getEntries()));
        observer.observe({ type: 'layout-shift', buffered: true });
        setTimeout(resolve, 500, []);
      });
      return shifts.reduce((sum, entry) => sum + (entry as never as { value: number }).value, 0);
    });

  const texts = (page: Page, selector: string) => page.locator(selector).allTextContents();

  it('loads fast, moves nothing about, and finds what Node finds', async () => {
    const { page, problems, close } = await open();
    const loaded = await page.evaluate(() => {
      const [navigation] = performance.getEntriesByType('navigation');
      return (navigation as PerformanceNavigationTiming).loadEventEnd;
    });
    expect(loaded).toBeLessThan(LOAD_LIMIT_MS);
    expect(await layoutShift(page)).toBeLessThan(0.01);
    const { name, file } = await download(page, '#save-json');
    const { detections, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
    expect(name).toBe('cat.json');
    expect(rest).toEqual({ file: 'cat.jpg', width: 451, height: 300 });
    expectSame(detections, demo.expected);
    expect(await texts(page, '#timings dd')).toEqual(Array(4).fill(expect.stringMatching(/ ms$/)));
    expect(await page.textContent('#memory')).toMatch(/^[1-9]\d* MB$/);
    expect(await page.textContent('#total')).toMatch(/^\d+ ms per image$/);
    expect(await page.textContent('#engine-state')).toMatch(/^WebAssembly, [2-4] threads$/);
    expect(problems).toEqual([]);
    await close();
  });

  it('shows what the filters let through, in words too, and saves the image', async () => {
    const { page, close } = await open();
    const all = (await texts(page, '#found li')).length;
    expect(await page.textContent('#classes-state')).toBe('All 3');
    await page.click('#choose-classes');
    await page.getByLabel('Ant', { exact: true }).uncheck();
    const rest = await texts(page, '#found li b');
    expect(rest.length).toBeLessThan(all);
    expect(rest).not.toContain('Ant');
    expect(await page.textContent('#classes-state')).toBe('2 of 3');
    await page.fill('#search-classes', 'be');
    expect(await page.locator('#classes label:visible').allTextContents()).toEqual(['Bee']);
    await page.click('#no-classes');
    await page.keyboard.press('Escape');
    expect(await texts(page, '#found li')).toEqual([]);
    expect(await page.textContent('#announcement')).toBe('Nothing found');
    expect(await page.textContent('#nothing p')).toMatch(/^\d+ objects are hidden by /);
    await page.click('#show-hidden');
    expect((await texts(page, '#found li')).length).toBe(all);
    expect(await page.textContent('#announcement')).toMatch(/^Found: .*(Ant|Bee|Cat) \d/);
    await page.locator('#threshold').fill('95');
    expect((await texts(page, '#found li')).length).toBeLessThan(all);
    for (const score of await texts(page, '#found span')) {
      expect(Number.parseInt(score, 10)).toBeGreaterThanOrEqual(95);
    }
    const { name, file } = await download(page, '#save-png');
    expect(name).toBe('cat.detected.png');
    const header = readFileSync(file).subarray(16, 24);
    expect([header.readUInt32BE(0), header.readUInt32BE(4)]).toEqual([451, 300]);
    await close();
  });

  it('takes images that are pasted, dropped and chosen, and says what is wrong with others', async () => {
    const { page, close } = await open();
    const give = (kind: 'paste' | 'drop', name: string, type: string) =>
      page.evaluate(
        async ({ kind, name, type }) => {
          const sample = document.querySelector<HTMLElement>('#samples button:last-child')!;
          const url = sample.style.backgroundImage.slice(5, -2);
          const data = new DataTransfer();
          data.items.add(new File([await (await fetch(url)).blob()], name, { type }));
          const event =
            kind === 'paste'
              ? new ClipboardEvent(kind, { clipboardData: data })
              : new DragEvent(kind, { dataTransfer: data, cancelable: true });
          document.dispatchEvent(event);
        },
        { kind, name, type },
      );
    const shown = (name: string) => page.waitForSelector(`img[alt="${name}"]`);
    await give('paste', 'pasted.jpg', 'image/jpeg');
    await shown('pasted.jpg');
    await give('drop', 'dropped.jpg', 'image/jpeg');
    await shown('dropped.jpg');
    await page.locator('#file').setInputFiles(CAT);
    await shown('cat.jpg');
    await page.waitForSelector('#found li');
    expect(await page.isVisible('#notice')).toBe(false);

    await give('drop', 'notes.txt', 'text/plain');
    expect(await page.textContent('#notice strong')).toBe('notes.txt cannot be opened here');
    expect(await page.isVisible('img[alt="cat.jpg"]')).toBe(true);
    await page.click('#notice-close');
    expect(await page.isVisible('#notice')).toBe(false);
    // The next file that works takes the message away.
    await give('drop', 'notes.txt', 'text/plain');
    await give('drop', 'again.jpg', 'image/jpeg');
    await shown('again.jpg');
    expect(await page.isVisible('#notice')).toBe(false);
    await close();
  });

  it('follows a video file with ids', { timeout: PATIENCE_MS }, async () => {
    const { page, problems, close } = await open();
    const url = await page.evaluate(() => document.querySelector<HTMLImageElement>('#image')!.src);
    await page.waitForSelector('#found li');
    const images = await serveSite({ folders: { '/examples': join(CAT, '..') } });
    const cat = { url: '/examples/cat.jpg', y: 90, width: 451, height: 300, speed: 2 };
    const video = join(demo.folder, 'cat.webm');
    writeFileSync(video, await makeVideo(browser, images.url, [cat], 25));
    await images.close();
    await page.locator('#file').setInputFiles(video);
    await page.waitForSelector('#video:visible');
    await page.waitForSelector('#dropped:not(:empty)');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('#found b')].some(({ textContent }) =>
        / #\d+$/.test(textContent!),
      ),
    );
    const { file } = await download(page, '#save-json');
    const { frames, width, height } = JSON.parse(readFileSync(file, 'utf8'));
    expect([width, height]).toEqual([640, 480]);
    expect(frames.length).toBeGreaterThan(2);
    const ids = frames.map(({ detections }: { detections: { trackId: number }[] }) =>
      detections.map(({ trackId }) => trackId),
    );
    expect(ids[1].filter((id: number) => ids[0].includes(id)).length).toBeGreaterThan(0);
    await page.waitForSelector('#fps-chart polyline[points*=","]', { state: 'attached' });
    expect(await page.textContent('#total')).toMatch(/^\d+\.\d frames per second$/);
    expect(await page.textContent('#dropped')).toMatch(/^\d+ of \d+ frames$/);
    // What was on show before is given back.
    expect(await page.evaluate((old) => fetch(old).then(String, () => 'gone'), url)).toBe('gone');
    expect(problems).toEqual([]);
    await close();
  });

  it('turns the camera on and off', async () => {
    const { page, problems, close } = await open();
    await page.click('#camera');
    await page.waitForSelector('#camera[aria-pressed=true]');
    await page.waitForSelector('#dropped:not(:empty)');
    const isLive = () =>
      page.evaluate(() => {
        const { srcObject } = document.querySelector<HTMLVideoElement>('#video')!;
        return srcObject !== null;
      });
    expect(await isLive()).toBe(true);
    await page.click('#camera');
    await page.waitForSelector('#camera[aria-pressed=false]');
    expect(await isLive()).toBe(false);
    expect(await page.isVisible('#hint')).toBe(true);
    expect(problems).toEqual([]);
    await close();
  });

  it('has every control in view on a desktop, with many results too', async () => {
    const { page, close } = await open(DESKTOP);
    expect((await texts(page, '#found li')).length).toBeGreaterThan(10);
    const below = await page.evaluate(() =>
      [...document.querySelectorAll('button, select, input, .speed')]
        .filter((control) => !control.closest('dialog, #found') && control.checkVisibility())
        .filter((control) => control.getBoundingClientRect().bottom > innerHeight)
        .map(({ id }) => id),
    );
    expect(below).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(800);
    await close();
  });

  it('fits a phone, follows the color scheme, and can be used by keyboard', async () => {
    const { page, close } = await open({ ...PHONE, colorScheme: 'dark' });
    const [overflow, light] = await page.evaluate(() => {
      const [red] = getComputedStyle(document.body).backgroundColor.match(/\d+/g)!;
      return [document.documentElement.scrollWidth - innerWidth, Number(red)];
    });
    expect(overflow).toBe(0);
    expect(await layoutShift(page)).toBeLessThan(0.01);
    expect(light).toBeLessThan(60);
    const reached: string[] = [];
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement!.id));
    }
    expect(reached).toEqual(
      expect.arrayContaining(['settings', 'file', 'camera', 'save-json', 'save-png']),
    );
    const [title, state] = await Promise.all(
      ['header h1', '#engine-state'].map((part) => page.locator(part).boundingBox()),
    );
    expect(state!.x >= title!.x + title!.width || state!.y >= title!.y + title!.height).toBe(true);
    const list = await page.locator('#found').boundingBox();
    expect(list!.width).toBeLessThanOrEqual(PHONE.viewport.width);
    await close();
  });
});
