/**
 * Captures images of the demo page for docs/images with Debian's chromium and a trained model:
 * `npx tsx --conditions=refinedet-source scripts/demo-images.ts model.safetensors`, after
 * `npm run build`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { serveSite } from '../src/cli/demo/demo-server.ts';
import { readSite } from '../src/cli/demo/demo-site.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { type MovingImage, makeVideo } from '../support/browser/video.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DESKTOP = { viewport: { width: 1280, height: 860 } };
const PHONE = { viewport: { width: 390, height: 844 } };
/** Time limit on a busy machine. */
const PATIENCE_MS = 300_000;

type Act = (page: Page) => Promise<void>;

const found: Act = async (page) => {
  await page.waitForSelector('#found li');
};
const secondSample: Act = async (page) => {
  await found(page);
  await page.click('#samples button:last-child');
  await page.waitForSelector('img[alt*="astronaut"]');
  await found(page);
};

async function take(
  browser: Browser,
  url: string,
  name: string,
  options: BrowserContextOptions,
  act: Act,
) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(url);
  await act(page);
  const shot = await page.screenshot();
  await page.close();
  // They are part of the package: a third of the size as PNG.
  const small = await sharp(shot).webp({ quality: 82 }).toBuffer();
  writeFileSync(join(ROOT, `docs/images/demo-${name}.webp`), small);
}

const [modelFile = join(ROOT, 'models/default.safetensors')] = process.argv.slice(2);
const site = await readSite(join(ROOT, 'dist/demo'), readFileSync(modelFile));
const { server, url } = await serveSite(site, '127.0.0.1', 0);
const folder = mkdtempSync(join(tmpdir(), 'refinedet-images-'));
const browser = await launchChromium({ camera: true });
try {
  const sample = (name: string) => [...site.keys()].find((file) => file.includes(`/${name}-`))!;
  const scene: MovingImage[] = [
    { url: sample('astronaut'), y: 40, width: 330, height: 330, speed: 0.4 },
    { url: sample('cat'), y: 220, width: 330, height: 220, speed: -0.4 },
  ];
  const video = join(folder, 'scene.webm');
  writeFileSync(video, await makeVideo(browser, url, scene, 100));

  await take(browser, url, 'image', DESKTOP, found);
  await take(browser, url, 'dark', { ...DESKTOP, colorScheme: 'dark' }, secondSample);
  await take(browser, url, 'phone', PHONE, found);
  await take(browser, url, 'video', DESKTOP, async (page) => {
    await found(page);
    await page.locator('#file').setInputFiles(video);
    await page.waitForFunction(() => {
      const [points, items] = ['#fps-chart polyline', '#found'].map(
        (id) => document.querySelector(id)!,
      );
      return (
        (points.getAttribute('points') ?? '').split(' ').length > 20 && items.children.length > 1
      );
    });
    await page.locator('#fps-chart').scrollIntoViewIfNeeded();
  });
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true });
}
