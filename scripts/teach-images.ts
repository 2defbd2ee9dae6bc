/**
 * Captures images of the page that teaches for docs/images with Debian's chromium:
 * `npx tsx --conditions=refinedet-source scripts/teach-images.ts FOLDER`, with a VOC folder of cats and dogs.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { selectClasses } from '../src/datasets/dataset-classes.ts';
import type { DatasetImage } from '../src/datasets/dataset-types.ts';
import { imageSize } from '../src/datasets/image-size.ts';
import { loadDataset } from '../src/datasets/load-dataset.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { useDesktopFonts } from '../support/browser/desktop-fonts.ts';
import { drawBox, openTeach, saved, servePlain, teachSite } from '../support/browser/teach.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const CLASSES = ['WBC', 'Platelets'];
const NAMES = ['white cell', 'platelet'];
const IMAGES = 12;
/** Steps of the training in its image. */
const SHOWN_STEPS = 12;

async function take(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400); // thumbnails
  const shot = await page.screenshot();
  const small = await sharp(shot).webp({ quality: 80, effort: 6 }).toBuffer();
  writeFileSync(join(ROOT, `docs/images/teach-${name}.webp`), small);
}

async function label(page: Page, image: DatasetImage): Promise<void> {
  const size = await imageSize(image);
  for (const { classId, box } of image.boxes) {
    await page.keyboard.press('Escape');
    await page.keyboard.press(String(classId + 1));
    await drawBox(page, size, box);
  }
  await saved(page);
}

const [folder] = process.argv.slice(2);
const dataset = selectClasses(await loadDataset(folder, { split: 'train' }), CLASSES);
const both = dataset.images.filter(({ boxes }) =>
  CLASSES.every((_, id) => boxes.some((box) => box.classId === id)),
);
const images = both.slice(0, IMAGES);
const fonts = mkdtempSync(join(tmpdir(), 'refinedet-images-'));
useDesktopFonts(fonts);
const served = await servePlain(
  await teachSite(readFileSync(join(ROOT, 'models/default.safetensors'))),
);
const browser = await launchChromium();
try {
  const { page } = await openTeach(browser, served.url, { viewport: DESKTOP });
  // The default model suggests what it knows while there are no classes.
  await page
    .locator('#add-files')
    .setInputFiles(['cat', 'astronaut'].map((name) => join(ROOT, `examples/${name}.jpg`)));
  await page.waitForSelector('#accept:enabled');
  await take(page, 'suggestions');
  await page.close();

  const own = await openTeach(browser, served.url, { viewport: DESKTOP });
  for (const name of NAMES) {
    await own.page.fill('#class-name', name);
    await own.page.press('#class-name', 'Enter');
  }
  await own.page.locator('#add-files').setInputFiles(images.map(({ path }) => path));
  await own.page.waitForSelector(`#progress-done:text("of ${IMAGES} done")`);
  for (const [i, image] of images.entries()) {
    await own.page.waitForSelector(`#board[aria-label="${image.fileName}"]`);
    await label(own.page, image);
    if (i === images.length - 1) continue;
    await own.page.click('#done');
  }
  await own.page.keyboard.press('.');
  await take(own.page, 'label');
  await own.page.emulateMedia({ colorScheme: 'dark' });
  await take(own.page, 'dark');
  await own.page.emulateMedia({ colorScheme: 'light' });
  await own.page.setViewportSize(PHONE);
  await take(own.page, 'phone');
  await own.page.setViewportSize(DESKTOP);
  await own.page.click('#done');
  await own.page.click('#step-train');
  await own.page.locator('#minutes').fill('2');
  await own.page.click('#train');
  await own.page.waitForFunction(
    (least) => {
      const [, step] =
        /^Step (\d+)/.exec(document.getElementById('train-state')!.textContent) ?? [];
      return Number(step) >= least && document.querySelectorAll('#samples canvas').length > 0;
    },
    SHOWN_STEPS,
    { timeout: 300_000 },
  );
  await take(own.page, 'training');
} finally {
  await browser.close();
  served.close();
  rmSync(fonts, { recursive: true });
}
