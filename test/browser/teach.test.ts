/** The page that teaches, used as a person would: mouse, keys, two tabs, crashes. */
import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Site } from '../../src/cli/demo/demo-site.ts';
import { loadDataset } from '../../src/datasets/load-dataset.ts';
import { writeModel } from '../../src/index.ts';
import { violations } from '../../support/browser/axe.ts';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import { rendererMemory } from '../../support/browser/renderer-memory.ts';
import {
  drawBox,
  openTeach,
  type Served,
  saved,
  serveLabels,
  servePlain,
  teachSite,
} from '../../support/browser/teach.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { emptyFolder, folderWith, png } from '../datasets/tree.ts';

const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 360, height: 740 } };
const SIZE = { width: 320, height: 240 };
const BOX = { x: 40, y: 30, width: 120, height: 90 };
const IMAGES = Object.fromEntries(
  ['a', 'b', 'c'].map((name, i) => [`${name}.png`, png(SIZE.width, SIZE.height, 60 + 60 * i)]),
);
/** Rounding of the mouse to screen pixels. */
const PIXEL = 1;

describe.skipIf(!hasChromium)('the page that teaches', { timeout: 240_000 }, () => {
  let site: Site;
  let browser: Browser;
  let plain: Served;
  beforeAll(async () => {
    site = await teachSite(await writeModel(randomModel(64)));
    browser = await launchChromium({ camera: true });
    plain = await servePlain(site);
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    plain?.close();
  });

  const addImages = async (page: Page) => {
    const files = Object.entries(IMAGES).map(([name, image]) => {
      return { name, mimeType: 'image/png', buffer: Buffer.from(image) };
    });
    await page.locator('#add-files').setInputFiles(files);
    await page.waitForSelector('#progress-done:text("of 3 done")');
    await page.waitForSelector('#board[aria-label="a.png"]');
  };
  const addClass = async (page: Page, name: string) => {
    await page.fill('#class-name', name);
    await page.press('#class-name', 'Enter');
    await page.waitForSelector(`#class-list :text-is("${name}")`);
  };
  const boxTexts = (page: Page) => page.locator('#box-list li').allTextContents();
  const isOpen = (page: Page, name: string) => page.waitForSelector(`#board[aria-label="${name}"]`);

  it('labels with the mouse, and loses nothing when it crashes', async () => {
    const { page, context, problems, close } = await openTeach(browser, plain.url, DESKTOP);
    await addImages(page);
    await drawBox(page, SIZE, BOX);
    await page.keyboard.type('cat');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#box-list li');
    const [text] = await boxTexts(page);
    const [width, height] = text.match(/\d+/g)!.map(Number);
    expect(Math.abs(width - BOX.width)).toBeLessThanOrEqual(PIXEL);
    expect(Math.abs(height - BOX.height)).toBeLessThanOrEqual(PIXEL);
    await addClass(page, 'dog');
    await drawBox(page, SIZE, { x: 200, y: 120, width: 80, height: 60 });
    expect(await boxTexts(page)).toEqual([
      expect.stringMatching(/^cat/),
      expect.stringMatching(/^dog/),
    ]);
    await page.click('#undo');
    expect(await boxTexts(page)).toHaveLength(1);
    await page.click('#redo');
    await page.click('#difficult');
    await saved(page);
    expect(problems).toEqual([]);
    await page.goto('chrome://crash').catch(() => {});

    const again = await context.newPage();
    await again.goto(plain.url);
    await isOpen(again, 'a.png');
    await again.waitForSelector('#box-list li');
    expect(await boxTexts(again)).toEqual([
      expect.stringMatching(/^cat/),
      expect.stringMatching(/^dog.*difficult$/),
    ]);
    await close();
  });

  it('moves and resizes boxes by their handles, and zooms', async () => {
    const { page, close } = await openTeach(browser, plain.url, DESKTOP);
    await addImages(page);
    await addClass(page, 'cat');
    await drawBox(page, SIZE, BOX);
    await drawBox(page, SIZE, { x: 160, y: 120, width: 40, height: 60 }); // pulls the corner
    expect((await boxTexts(page))[0]).toMatch(/16[01] × 15[01]/);
    await drawBox(page, SIZE, { x: 100, y: 100, width: 40, height: 20 }); // moves the inside
    expect((await boxTexts(page))[0]).toMatch(/16[01] × 15[01]/);
    await page.keyboard.press('Escape');
    const view = (await page.locator('#board').boundingBox())!;
    await page.mouse.move(view.x + view.width / 2, view.y + view.height / 2);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -600);
    await page.keyboard.up('Control');
    await page.keyboard.press('n'); // in pixels of the image, however large they are shown
    expect((await boxTexts(page))[1]).toBe('cat96 × 72');
    await close();
  });

  it('labels an image with the keyboard alone', async () => {
    const { page, close } = await openTeach(browser, plain.url, DESKTOP);
    await addImages(page);
    await page.locator('#board').focus();
    await page.keyboard.press('n');
    await page.keyboard.type('cat');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#box-list li');
    for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowRight');
    for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowDown');
    expect(await boxTexts(page)).toEqual(['cat96 × 76']);
    await page.keyboard.press('f');
    await page.keyboard.press('c'); // copies to b.png
    await isOpen(page, 'b.png');
    await page.waitForSelector('#box-list li');
    expect(await boxTexts(page)).toEqual(['cat96 × 76, difficult']);
    await page.keyboard.press('Delete');
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Space');
    await isOpen(page, 'c.png');
    await page.keyboard.press('PageUp');
    await isOpen(page, 'b.png');
    await page.waitForSelector('#done[aria-pressed="true"]');
    expect(await page.textContent('#progress-done')).toBe('1 of 3 done');
    await page.keyboard.press('Tab'); // leaves the canvas
    expect(await page.evaluate(() => document.activeElement!.id)).not.toBe('board');
    await close();
  });

  it('renames, joins and removes classes, and brings a removed image back', async () => {
    const { page, problems, close } = await openTeach(browser, plain.url, DESKTOP);
    await addImages(page);
    for (const name of ['cta', 'dog']) {
      await addClass(page, name);
      await page.locator('#board').press('n');
      await page.keyboard.press('Escape');
    }
    const change = async (name: string, act: () => Promise<void>) => {
      await page.click(`[aria-label="Rename or remove ${name}"]`);
      await page.waitForSelector('#class-apply:enabled');
      await act();
      await page.waitForSelector('#class-dialog', { state: 'hidden' });
    };
    const rename = (to: string) => async () => {
      await page.fill('#class-new-name', to);
      await page.keyboard.press('Enter');
    };
    await change('cta', rename('cat'));
    await page.waitForSelector('#box-list :text("cat")');
    expect(await boxTexts(page)).toEqual(['cat96 × 72', 'dog96 × 72']);
    await change('dog', rename(' cat '));
    await page.waitForSelector('#box-list li:nth-child(2):has-text("cat")');
    expect(await page.locator('#class-list li').count()).toBe(1);

    await page.click('#remove-image');
    await isOpen(page, 'b.png');
    await page.waitForSelector('#progress-done:text("0 of 2 done")');
    await page.click('#notice-action'); // Undo
    await isOpen(page, 'a.png');
    expect(await boxTexts(page)).toEqual(['cat96 × 72', 'cat96 × 72']);

    await change('cat', () => page.click('#class-remove:has-text("its 2 boxes")'));
    await page.waitForSelector('#box-list:empty');
    await page.reload();
    await page.waitForSelector('#images li:nth-child(3)');
    expect(await page.locator('#images .image-state').allTextContents()).not.toContain('box');
    expect(await page.locator('#class-list li').count()).toBe(0);
    expect(problems).toEqual([]);
    await close();
  });

  it('saves a zip that it reads again in another browser profile', async () => {
    const first = await openTeach(browser, plain.url, DESKTOP);
    await addImages(first.page);
    await addClass(first.page, 'cat');
    await drawBox(first.page, SIZE, BOX);
    await saved(first.page);
    const files: string[] = [];
    for (const format of ['voc', 'coco', 'yolo']) {
      await first.page.selectOption('#zip-format', format);
      const [download] = await Promise.all([
        first.page.waitForEvent('download'),
        first.page.click('#save-zip'),
      ]);
      const file = path.join(emptyFolder(), download.suggestedFilename());
      await download.saveAs(file);
      files.push(file);
    }
    await first.close();
    for (const file of files) {
      const { page, problems, close } = await openTeach(browser, plain.url, DESKTOP);
      await page.locator('#add-files').setInputFiles(file);
      await page.waitForSelector('#progress-done:text("of 3 done")');
      await isOpen(page, 'a.png');
      await page.waitForSelector('#box-list li');
      expect(await boxTexts(page)).toEqual([expect.stringMatching(/^cat1[12]\d × [89]\d$/)]);
      expect(problems).toEqual([]);
      await close();
    }
  });

  it('keeps the boxes of two tabs on one folder, as files that the command line reads', async () => {
    const folder = folderWith(IMAGES);
    const served = await serveLabels(site, folder);
    const { page: one, context, problems, close } = await openTeach(browser, served.url, DESKTOP);
    const two = await context.newPage();
    await two.goto(served.url);
    for (const page of [one, two]) await isOpen(page, 'a.png');
    await addClass(one, 'cat');
    await addClass(two, 'dog');
    await drawBox(one, SIZE, BOX);
    await saved(one);
    await drawBox(two, SIZE, { x: 200, y: 120, width: 80, height: 60 });
    await saved(two);
    await two.waitForSelector('#box-list li:nth-child(2)');
    const { classes, images } = await loadDataset(folder);
    expect(images[0].boxes.map(({ classId }) => classes[classId])).toEqual(['cat', 'dog']);
    // A page that was closed at once has sent its last change.
    await one.click('#next');
    await isOpen(one, 'b.png');
    await one.locator('#board').press('n');
    await one.close();
    await expect
      .poll(async () => (await loadDataset(folder)).images.map(({ boxes }) => boxes.length).join())
      .toBe('2,1');
    expect(problems.filter((text) => !text.includes('412'))).toEqual([]);
    await close();
    served.close();
  });

  it('opens 5,000 images in under 2 s, and does not grow while 500 are shown', async () => {
    const folder = emptyFolder();
    mkdirSync(path.join(folder, 'JPEGImages'));
    const fileOf = (i: number) => path.join(folder, `JPEGImages/${String(i).padStart(5, '0')}.png`);
    writeFileSync(fileOf(0), png(960, 720));
    for (let i = 1; i < 5000; i++) linkSync(fileOf(0), fileOf(i));
    const served = await serveLabels(site, folder);
    const context = await browser.newContext(DESKTOP);
    const page = await context.newPage();
    const times: number[] = [];
    // The machine may be busy, though not always.
    while (times.length < 5 && Math.min(...times) >= 2000) {
      await page.goto('about:blank');
      const start = performance.now();
      await page.goto(served.url);
      await page.waitForSelector('#progress-done:text("0 of 5000 done")');
      await page.waitForSelector('#images li');
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(2000);
    expect(await page.locator('#images li').count()).toBeLessThan(40);
    /** Goes on as fast as keys repeat; each tenth image is seen. */
    const browse = async (to: number) => {
      for (let i = 0; i < 10; i++) await page.keyboard.press('PageDown');
      await page.waitForSelector(`#board[aria-label$="${String(to).padStart(5, '0')}.png"]`);
    };
    await page.waitForSelector('#board[aria-label$="00000.png"]');
    for (let to = 10; to <= 100; to += 10) await browse(to);
    const memory = await rendererMemory(browser, page);
    const before = await memory();
    for (let to = 110; to <= 500; to += 10) await browse(to);
    const grown = (await memory()) - before;
    // Decoded, the 40 images seen since have 110 MB.
    expect(grown).toBeLessThan(50e6);
    await context.close();
    served.close();
  });

  it('passes axe, light and dark, on a desktop and a phone', async () => {
    const { page, close } = await openTeach(browser, plain.url, DESKTOP);
    await addImages(page);
    await addClass(page, 'cat');
    await page.locator('#board').press('n');
    const dialogs = ['#keys', '#class-list .change'];
    for (const { viewport } of [DESKTOP, PHONE]) {
      await page.setViewportSize(viewport);
      for (const step of ['#step-train', '#step-use', '#step-label', ...dialogs]) {
        await page.click(step);
        await page.emulateMedia({ colorScheme: 'light' });
        expect([step, await violations(page)]).toEqual([step, []]);
        await page.emulateMedia({ colorScheme: 'dark' });
        expect([step, await violations(page, ['color-contrast'])]).toEqual([step, []]);
        if (!dialogs.includes(step)) continue;
        const dialog = page.locator('dialog[open]');
        expect(await dialog.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
        await page.keyboard.press('Escape');
      }
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(viewport.width);
    }
    await close();
  });

  it('moves nothing about while images are added and boxes drawn', async () => {
    const { page, close } = await openTeach(browser, plain.url, DESKTOP);
    await page.evaluate(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          shifts.push((entry as never as { value: number }).value);
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await addImages(page);
    await drawBox(page, SIZE, BOX);
    await page.keyboard.type('cat');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#box-list li');
    const total = await page.evaluate(() => {
      const { shifts } = globalThis as never as { shifts: number[] };
      return shifts.reduce((sum, value) => sum + value, 0);
    });
    expect(total).toBeLessThan(0.02);
    await close();
  });

  it('takes images from the camera, and serves the page with the folder only', async () => {
    const folder = folderWith({ 'a.png': png(32, 24) });
    const served = await serveLabels(site, folder);
    const { page, close } = await openTeach(browser, served.url, DESKTOP);
    await page.click('#add-camera');
    await page.waitForFunction(
      () => document.querySelector<HTMLVideoElement>('#frames-video')!.videoWidth > 0,
    );
    await page.click('#take-frame');
    await page.waitForSelector('#frames-state:text("1 image taken")');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#progress-done:text("of 2 done")');
    const file = readFileSync(path.join(folder, 'camera-0001.jpg'));
    expect([...file.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    await close();
    served.close();
  });
});
