/**
 * Teaches the page as a person would: two classes, 20 images of each labeled with the mouse, one training, and
 * 40 other images to see what was learned. `npx tsx --conditions=refinedet-source bench/teach.ts FOLDER CLASS CLASS
 * [--minutes N] [--images N]`, with a VOC folder.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { selectClasses } from '../src/datasets/dataset-classes.ts';
import type { Dataset, DatasetImage } from '../src/datasets/dataset-types.ts';
import { imageSize } from '../src/datasets/image-size.ts';
import { loadDataset } from '../src/datasets/load-dataset.ts';
import { evaluateDetector } from '../src/evaluation/detect-dataset.ts';
import { RefineDet } from '../src/index.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { drawBox, openTeach, saved, servePlain, teachSite } from '../support/browser/teach.ts';

const MODEL = new URL('../models/default.safetensors', import.meta.url);

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '4' },
    images: { type: 'string', default: '20' },
    split: { type: 'string', default: 'train' },
  },
});
const [folder, ...classes] = positionals;
const minutes = Number(values.minutes);

/** Images with the rarer class first, so that each class gets its share. */
function choose({ images }: Dataset): { taught: DatasetImage[]; others: DatasetImage[] } {
  const lists = classes.map((_, classId) =>
    images.filter(({ boxes }) => boxes.some((box) => box.classId === classId && !box.difficult)),
  );
  const taught = new Set<DatasetImage>();
  const others = new Set<DatasetImage>();
  for (const target of [taught, others]) {
    for (const list of lists) {
      const free = list.filter((image) => !taught.has(image) && !others.has(image));
      for (const image of free.slice(0, Number(values.images))) target.add(image);
    }
  }
  return { taught: [...taught], others: [...others] };
}

async function label(page: Page, image: DatasetImage): Promise<number> {
  const size = await imageSize(image);
  for (const { classId, box } of image.boxes) {
    await page.keyboard.press('Escape');
    await page.keyboard.press(String(classId + 1));
    await drawBox(page, size, box);
  }
  await saved(page);
  return image.boxes.length;
}

const dataset = selectClasses(await loadDataset(folder, { split: values.split }), classes);
const { taught, others } = choose(dataset);
const model = readFileSync(MODEL);
const served = await servePlain(await teachSite(model));
const browser = await launchChromium();
const { page, problems } = await openTeach(browser, served.url, {
  viewport: { width: 1280, height: 800 },
});
const begin = performance.now();
for (const name of classes) {
  await page.fill('#class-name', name);
  await page.press('#class-name', 'Enter');
}
await page.locator('#add-files').setInputFiles(taught.map(({ path }) => path));
await page.waitForSelector(`#progress-done:text("of ${taught.length} done")`);
let boxes = 0;
for (const image of taught) {
  await page.waitForSelector(`#board[aria-label="${image.fileName}"]`);
  boxes += await label(page, image);
  await page.click('#done');
}
const labeling = (performance.now() - begin) / 1000;
console.log(`${taught.length} images, ${boxes} boxes drawn in ${labeling.toFixed(0)} s`);

await page.click('#step-train');
await page.locator('#minutes').fill(String(minutes));
const start = performance.now();
await page.click('#train');
let last = '';
for (;;) {
  const state = (await page.textContent('#train-state')) ?? '';
  if (state !== last && !/^Step \d*[1-9] /.test(state)) console.log(state);
  last = state;
  if (/Try it under Use/.test(state) || /cannot|error/i.test(state)) break;
  await page.waitForTimeout(500);
}
const seconds = (performance.now() - start) / 1000;
console.log(await page.textContent('#plan'));
console.log(await page.locator('#train-notes').allTextContents());
await page.click('#step-use');
const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-model')]);
const trained = readFileSync(await download.path());
await browser.close();
served.close();

const detector = await RefineDet.load(trained);
const test = { ...dataset, images: others };
const { result } = await evaluateDetector(detector, test, { metric: 'voc12' });
detector.dispose();
console.log(
  `trained in ${seconds.toFixed(0)} s; on ${others.length} other images:`,
  result.perClass,
  problems,
);
process.exit(0);
