/** The page of the demo that draws lines and zones: its files are those that `--zones` reads. */
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseZones, ZoneCounter } from '../../src/index.ts';
import { violations } from '../../support/browser/axe.ts';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import { CAT, type Demo, download, PATIENCE_MS, serveDemo } from '../../support/browser/demo.ts';
import { makeVideo } from '../../support/browser/video.ts';

type Place = readonly [x: number, y: number];

describe.skipIf(!hasChromium)('the page for lines and zones', { timeout: PATIENCE_MS }, () => {
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

  async function open(options: BrowserContextOptions = {}, file: string | null = CAT) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    await page.goto(`${demo.url}zones.html`);
    if (file) await page.locator('#file').setInputFiles(file);
    if (file) await page.waitForSelector('[data-state="shown"]');
    return { page, problems, close: () => context.close() };
  }

  /** A place of the frame, in fractions of it, on the screen. */
  const onScreen = (page: Page, [x, y]: Place) =>
    page.evaluate(
      ({ x, y }) => {
        const svg = document.querySelector<SVGSVGElement>('#drawing')!;
        const { width, height } = svg.viewBox.baseVal;
        const point = new DOMPoint(x * width, y * height).matrixTransform(svg.getScreenCTM()!);
        return [point.x, point.y] as const;
      },
      { x, y },
    );

  async function drag(page: Page, from: Place, to: Place) {
    await page.mouse.move(...(await onScreen(page, from)));
    await page.mouse.down();
    await page.mouse.move(...(await onScreen(page, to)), { steps: 4 });
    await page.mouse.up();
  }

  async function saved(page: Page) {
    const { name, file } = await download(page, '#save');
    expect(name).toBe('zones.json');
    const text = readFileSync(file, 'utf8');
    return { text, zones: parseZones(text) };
  }

  const CORNERS: Place[] = [
    [0.2, 0.2],
    [0.8, 0.25],
    [0.7, 0.9],
  ];

  it('draws with the mouse what --zones counts, and opens it again', async () => {
    const { page, problems, close } = await open();
    expect(await page.textContent('#shapes-title')).toBe('Nothing drawn');
    await page.click('#draw-line');
    await drag(page, [0.1, 0.6], [0.9, 0.5]);
    await page.fill('#name', 'gate');
    await page.click('#draw-zone');
    for (const corner of [...CORNERS, CORNERS[0]]) {
      await page.mouse.click(...(await onScreen(page, corner)));
    }
    expect(await page.textContent('#shapes-title')).toBe('1 line, 1 zone');
    await page.fill('#name', 'meadow');
    await page.fill('#classes', 'cat, dog');
    await page.selectOption('#box-point', 'center');
    const { text, zones } = await saved(page);
    expect(zones).toMatchObject({ coordinates: 'relative', boxPoint: 'center' });
    const close4 = (points: readonly Place[], expected: readonly Place[]) => {
      expect(points).toHaveLength(expected.length);
      // The mouse is at whole pixels.
      points.flat().forEach((value, i) => {
        expect(Math.abs(value - expected.flat()[i])).toBeLessThan(0.005);
      });
    };
    const [[gate], [meadow]] = [zones.lines!, zones.zones!];
    expect([gate.name, gate.classes]).toEqual(['gate', undefined]);
    close4(gate.points, [
      [0.1, 0.6],
      [0.9, 0.5],
    ]);
    expect([meadow.name, meadow.classes]).toEqual(['meadow', ['cat', 'dog']]);
    close4(meadow.points, CORNERS);
    expect(() => new ZoneCounter(zones)).not.toThrow();

    // A corner and a whole line are moved, and that is undone.
    await drag(page, CORNERS[2], [0.6, 0.8]);
    await drag(page, [0.3, 0.575], [0.3, 0.675]);
    const moved = await saved(page);
    close4(moved.zones.zones![0].points, [CORNERS[0], CORNERS[1], [0.6, 0.8]]);
    close4(moved.zones.lines![0].points, [
      [0.1, 0.7],
      [0.9, 0.6],
    ]);
    await page.click('#undo');
    await page.click('#undo');
    expect((await saved(page)).text).toBe(text);
    expect(problems).toEqual([]);
    await close();

    const again = await open();
    await again.page.locator('#zones-file').setInputFiles({
      ...{ name: 'zones.json', mimeType: 'application/json', buffer: Buffer.from(text) },
    });
    await again.page.waitForSelector('#shapes li >> nth=1');
    expect((await saved(again.page)).text).toBe(text);
    await again.close();
  });

  it('keeps pixels, and the fields that are not drawn', async () => {
    const { page, close } = await open();
    const given = {
      ...{ coordinates: 'pixels', boxPoint: 'top', tolerance: 0.2 },
      lines: [
        {
          name: 'door',
          points: [
            [20, 30.25],
            [400, 299],
          ],
          classes: ['cat'],
        },
      ],
      zones: [],
    };
    await page.locator('#zones-file').setInputFiles({
      ...{ name: 'zones.json', mimeType: 'application/json' },
      buffer: Buffer.from(JSON.stringify(given)),
    });
    await page.waitForSelector('#shapes li');
    expect((await saved(page)).zones).toEqual(given);
    await close();
  });

  it('draws with the keyboard alone', async () => {
    const { page, close } = await open();
    await page.focus('#draw-line');
    await page.keyboard.press('Enter');
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowRight', 'Shift+ArrowDown']) {
      await page.keyboard.press(key);
    }
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.focus('#draw-zone');
    await page.keyboard.press('Space');
    await page.keyboard.press('Delete');
    await page.keyboard.press('Delete'); // three corners are the least
    const { zones } = await saved(page);
    expect(zones.lines![0].points).toEqual([
      [0.26, 0.481],
      [0.75, 0.51],
    ]);
    expect(zones.zones![0].points).toEqual([
      [0.65, 0.35],
      [0.65, 0.65],
      [0.35, 0.65],
    ]);
    await page.keyboard.press('Control+z');
    expect((await saved(page)).zones.zones![0].points).toHaveLength(4);
    await close();
  });

  it('draws with a finger', async () => {
    const { page, close } = await open({
      ...{ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
    });
    await page.tap('#draw-zone');
    for (const corner of [...CORNERS, CORNERS[0]]) {
      await page.touchscreen.tap(...(await onScreen(page, corner)));
    }
    const { zones } = await saved(page);
    expect(zones.zones![0].points).toHaveLength(3);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(360);
    await close();
  });

  it('shows the direction of a line, and turns it round', async () => {
    const { page, close } = await open();
    await page.click('#draw-line');
    await drag(page, [0.1, 0.5], [0.9, 0.5]);
    const tip = () =>
      page.evaluate(() => {
        const arrow = document.querySelector<SVGPathElement>('.arrow')!.getBBox();
        const line = document.querySelector<SVGPathElement>('.grip')!.getBBox();
        return Math.sign(arrow.y + arrow.height / 2 - line.y);
      });
    expect(await tip()).toBe(1); // from the left to the right, forward is downwards
    await page.click('#swap');
    expect(await tip()).toBe(-1);
    await page.click('#remove');
    expect(await page.locator('.shape').count()).toBe(0);
    await close();
  });

  it('takes a frame of a video, and a snapshot of a camera', async () => {
    const { page, close } = await open({}, null);
    expect(await page.locator('#draw-line').isDisabled()).toBe(true);
    const cat = { url: await sample(page), y: 100, width: 300, height: 200, speed: 10 };
    const film = await makeVideo(browser, demo.url, [cat], 10);
    await page.locator('#file').setInputFiles({
      ...{ name: 'film.webm', mimeType: 'video/webm', buffer: Buffer.from(film) },
    });
    await page.waitForSelector('#seek:visible');
    await page.locator('#time').fill('0.2');
    await expect
      .poll(() => page.evaluate(() => document.querySelector('video')!.currentTime))
      .toBeCloseTo(0.2, 3);
    expect(await page.textContent('#time-value')).toBe('0.20 s');
    await page.click('#draw-line');
    await drag(page, [0.2, 0.2], [0.2, 0.8]);
    await page.click('#camera');
    await page.waitForSelector('#image[alt="Frame: camera"]:visible');
    expect(await page.locator('#seek').isVisible()).toBe(false);
    expect((await saved(page)).zones.lines).toHaveLength(1);
    await close();
  });

  /** URL of a sample image of the demo. */
  const sample = async (page: Page) => {
    await page.goto(demo.url);
    const style = await page.locator('#samples button').first().getAttribute('style');
    await page.goto(`${demo.url}zones.html`);
    return new URL(/url\("(.*)"\)/.exec(style!)![1], demo.url).href;
  };

  it('says what is wrong with files and names', async () => {
    const { page, close } = await open();
    const zones = (text: string) =>
      page.locator('#zones-file').setInputFiles({
        ...{ name: 'zones.json', mimeType: 'application/json', buffer: Buffer.from(text) },
      });
    await zones('{"lines": [{"name": "gate", "points": [[0, 0], [2, 1]]}]}');
    await page.waitForSelector('#notice:visible');
    expect(await page.textContent('#notice')).toContain('zones.lines[0].points[1] must be [x, y]');
    await page.click('#notice-close');
    for (const name of ['a', 'b']) {
      await page.click('#draw-line');
      await drag(page, [0.1, 0.5], [0.9, name === 'a' ? 0.3 : 0.8]);
      await page.fill('#name', 'gate');
    }
    await page.click('#save');
    await page.waitForSelector('#notice:visible');
    expect(await page.textContent('#notice')).toContain(
      'zones.lines[1].name must be a unique text',
    );
    const buffer = Buffer.from('no image');
    await page.locator('#file').setInputFiles({ name: 'x.jpg', mimeType: 'image/jpeg', buffer });
    await page.waitForSelector('#unreadable:visible');
    expect(await page.locator('#draw-zone').isDisabled()).toBe(true);
    await close();
  });

  it.each([
    ['light', { viewport: { width: 1280, height: 800 } }],
    ['dark', { viewport: { width: 390, height: 844 } }],
  ] as const)('has no violation of axe in any state, %s', async (colorScheme, size) => {
    const { page, close } = await open({ ...size, colorScheme }, null);
    const found: Record<string, string[]> = { empty: await violations(page) };
    await page.locator('#file').setInputFiles(CAT);
    await page.waitForSelector('[data-state="shown"]');
    await page.click('#draw-zone');
    found['drawing'] = await violations(page);
    await page.keyboard.press('Escape');
    for (const button of ['#draw-line', '#draw-zone']) {
      await page.focus(button);
      await page.keyboard.press('Enter');
      found[button] = await violations(page);
    }
    expect(Object.values(found).flat()).toEqual([]);
    expect(Object.keys(found)).toHaveLength(4);
    await close();
  });
});
