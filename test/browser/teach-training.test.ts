/** Training in the page: a short run, killed and continued, equals one that was left alone. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/detection/load-model.ts';
import { RefineDet } from '../../src/index.ts';
import { hasChromium, launchChromium } from '../../support/browser/chromium.ts';
import {
  drawBox,
  openTeach,
  type Served,
  saved,
  servePlain,
  teachSite,
} from '../../support/browser/teach.ts';

const SIZE = { width: 320, height: 240 };
const CLASSES = ['square', 'disc'];
const IMAGES = 6;
/** Long enough to be interrupted. */
const STEPS = 20;

/** A red square and a blue disc, at other places in each image. */
const boxesOf = (i: number) => [
  { x: 20 + 12 * i, y: 30, width: 70, height: 70 },
  { x: 200 - 10 * i, y: 130, width: 80, height: 80 },
];

async function imageFile(i: number) {
  const [square, disc] = boxesOf(i);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"><rect width="320" height="240" fill="#9a9"/><rect x="${square.x}" y="${square.y}" width="70" height="70" fill="#d22"/><circle cx="${disc.x + 40}" cy="${disc.y + 40}" r="40" fill="#23c"/></svg>`;
  const buffer = await sharp(Buffer.from(svg)).png().toBuffer();
  return { name: `shapes-${'abcdef'[i]}x.png`, mimeType: 'image/png', buffer };
}

describe.skipIf(!hasChromium)('training in the page', { timeout: 400_000 }, () => {
  let browser: Browser;
  let served: Served;
  beforeAll(async () => {
    const model = readFileSync(new URL('../../models/default.safetensors', import.meta.url));
    served = await servePlain(await teachSite(model));
    browser = await launchChromium();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  async function label(page: Page): Promise<void> {
    const files = await Promise.all(Array.from({ length: IMAGES }, (_, i) => imageFile(i)));
    for (const name of CLASSES) {
      await page.fill('#class-name', name);
      await page.press('#class-name', 'Enter');
    }
    await page.locator('#add-files').setInputFiles(files);
    for (const [i, { name }] of files.entries()) {
      await page.waitForSelector(`#board[aria-label="${name}"]`);
      for (const [classId, box] of boxesOf(i).entries()) {
        await page.keyboard.press('Escape');
        await page.keyboard.press(String(classId + 1));
        await drawBox(page, SIZE, box);
      }
      await page.click('#done');
    }
    await saved(page);
  }

  async function open(page: Page): Promise<void> {
    page.setDefaultTimeout(90_000);
    await page.goto(served.url);
    await saved(page);
  }

  /** The shortest run that the page plans. */
  async function train(page: Page): Promise<void> {
    await page.click('#step-train');
    await page.locator('#minutes').evaluate((slider: HTMLInputElement) => {
      slider.min = '0';
      slider.step = '0.01';
      slider.value = '0.01';
    });
    await page.click('#train');
    await stateMatches(page, /^(Step|Comparing)/);
  }

  const stateMatches = (page: Page, pattern: RegExp) =>
    page.waitForFunction(
      (source) => new RegExp(source).test(document.getElementById('train-state')!.textContent),
      pattern.source,
    );

  async function modelOf(page: Page): Promise<Uint8Array> {
    await stateMatches(page, /Try it under Use/);
    await page.click('#step-use');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.click('#save-model'),
    ]);
    return readFileSync(await download.path());
  }

  it('comes to the same weights when it is paused, killed and continued', async () => {
    const { page: straight, context, problems, close } = await openTeach(browser, served.url);
    await label(straight);
    await train(straight);
    const expected = await modelOf(straight);
    expect(problems).toEqual([]);

    // The model runs in the page, in the page that was saved, and in Node.
    const image = await imageFile(0);
    await straight.locator('#try-file').setInputFiles(image);
    await straight.waitForFunction(() => document.getElementById('try-found')!.textContent !== '');
    const detector = await RefineDet.load(expected, { threads: 1 });
    const found = await detector.detect(image.buffer);
    detector.dispose();
    const text = found
      .map(({ label, score }) => `${label} ${Math.round(100 * score)} %`)
      .join(', ');
    expect(await straight.textContent('#try-found')).toBe(text || 'Nothing found');
    const save = async (id: string) => {
      const [download] = await Promise.all([straight.waitForEvent('download'), straight.click(id)]);
      return download;
    };
    expect(readFileSync(await (await save('#save-onnx')).path()).length).toBeGreaterThan(1e6);
    const file = `${await (await save('#save-page')).path()}.html`;
    await (await save('#save-page')).saveAs(file);
    const single = await context.newPage();
    await single.goto(pathToFileURL(file).href);
    await single.waitForSelector('body[data-ready]');
    await single.locator('#file').setInputFiles(image);
    await single.waitForFunction(() => {
      const { textContent } = document.getElementById('found')!;
      return !textContent.startsWith('Finds');
    });
    expect(await single.textContent('#found')).toBe(text || 'Nothing found');
    await straight.click('#find-errors');
    await straight.waitForFunction(() => {
      return /errors\.|agree/.test(document.getElementById('errors-state')!.textContent);
    });
    const errors = await straight.locator('#errors button').count();
    if (errors > 0) {
      await straight.click('#errors li:first-child button');
      await straight.waitForSelector('#panel-label:not([hidden])');
    }
    await straight.close();

    // The same labels once more.
    const page = await context.newPage();
    await open(page);
    await train(page);
    await page.click('#pause');
    await stateMatches(page, /^Paused at step/);
    await page.click('#pause'); // resumes
    await stateMatches(page, /^Step/);
    await page.goto('chrome://crash').catch(() => {});
    const again = await context.newPage();
    await open(again);
    await again.click('#step-train');
    await stateMatches(again, new RegExp(`^A run waits at step \\d+ of ${STEPS}`));
    await again.click('#pause');
    const resumed = await modelOf(again);
    // Both models can be chosen.
    await again.waitForSelector('#model-choice option:nth-child(2)', { state: 'attached' });
    await close();

    const [one, two] = await Promise.all([expected, resumed].map((bytes) => loadModel(bytes)));
    expect([...two.weights.keys()]).toEqual([...one.weights.keys()]);
    for (const [name, { data }] of one.weights) {
      expect([name, Buffer.compare(bytesOf(data), bytesOf(two.weights.get(name)!.data))]).toEqual([
        name,
        0,
      ]);
    }
    expect(one.config.classes).toEqual(CLASSES);
  });
});

const bytesOf = (data: Float32Array): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);
