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
    expect(await page.textContent('#memory')).toMatch(/^[1-9]\d* MiB$/);
    expect(await page.textContent('#engine-state')).toMatch(/^WebAssembly, [2-4] threads$/);
    expect(problems).toEqual([]);
    await close();
  });

  it('shows what the filters let through, in words too, and saves the image', async () => {
    const { page, close } = await open();
    const all = (await texts(page, '#found li')).length;
    await page.locator('#classes label', { hasText: 'ant' }).click();
    const rest = await texts(page, '#found li b');
    expect(rest.length).toBeLessThan(all);
    expect(rest).not.toContain('ant');
    await page.click('#no-classes');
    expect(await texts(page, '#found li')).toEqual([]);
    expect(await page.textContent('#announcement')).toBe('Nothing found');
    await page.click('#all-classes');
    expect((await texts(page, '#found li')).length).toBe(all);
    expect(await page.textContent('#announcement')).toMatch(/^Found: .*(ant|bee|cat) \d/);
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
    const shown = (name: string) => page.waitForSelector(`img[alt="The image ${name}"]`);
    await give('paste', 'pasted.jpg', 'image/jpeg');
    await shown('pasted.jpg');
    await give('drop', 'dropped.jpg', 'image/jpeg');
    await shown('dropped.jpg');
    await page.locator('#file').setInputFiles(CAT);
    await shown('cat.jpg');
    await page.waitForSelector('#found li');
    expect(await page.isVisible('#problem')).toBe(false);

    await give('drop', 'notes.txt', 'text/plain');
    expect(await page.textContent('#problem p')).toMatch(/^notes.txt is not an image/);
    await page.click('#problem button');
    expect(await page.isVisible('#problem')).toBe(false);
    const broken = { name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('no image') };
    await page.locator('#file').setInputFiles(broken);
    await page.waitForSelector('#problem:visible');
    expect(await page.textContent('#problem p')).toMatch(/^x.png cannot be shown: /);
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
    expect(await page.textContent('#fps')).toMatch(/^\d+\.\d$/);
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
      expect.arrayContaining(['file', 'camera', 'found', 'save-json', 'save-png', 'threshold']),
    );
    // Everything that can be reached has a name.
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, select')]
        .filter((control) => {
          const { ariaLabel, textContent, labels } = control as HTMLInputElement;
          return !(ariaLabel || textContent?.trim() || labels?.length);
        })
        .map(({ id }) => id),
    );
    expect(nameless).toEqual([]);
    await close();
  });
});
