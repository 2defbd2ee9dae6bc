/**
 * The animated image of README: the demo page with the default model on both samples, then on a video.
 * `npx tsx --conditions=refinedet-source scripts/demo-animation.ts`, after `npm run build`. The video is
 * shown frame by frame, so that a busy machine takes the same images as an idle one.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { serveSite } from '../src/cli/demo/demo-server.ts';
import { readSite } from '../src/cli/demo/demo-site.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { useDesktopFonts } from '../support/browser/desktop-fonts.ts';
import { type MovingImage, makeVideo } from '../support/browser/video.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TARGET = join(ROOT, 'docs/images/demo.webp');
/** Wide enough for two columns. */
const VIEWPORT = { width: 1180, height: 720 };
/** Pixels of the result. */
const WIDTH = 720;
const STILL_MS = 1600;
/** Frames of the video, every so many of its frames of 40 ms. */
const STEPS = 14;
const STRIDE = 6;
const FRAME_MS = 40;
/** Of a step, on a busy machine. */
const PATIENCE_MS = 120_000;

const site = await readSite(
  join(ROOT, 'dist/demo'),
  readFileSync(join(ROOT, 'models/default.safetensors')),
);
const { server, url } = await serveSite(site, '127.0.0.1', 0);
const folder = mkdtempSync(join(tmpdir(), 'refinedet-animation-'));
useDesktopFonts(folder);
const browser = await launchChromium();
try {
  const sample = (name: string) => [...site.keys()].find((file) => file.includes(`/${name}-`))!;
  const scene: MovingImage[] = [
    { url: sample('astronaut'), y: 20, width: 380, height: 380, speed: 1.2 },
    { url: sample('cat'), y: 225, width: 360, height: 240, speed: -1.7 },
  ];
  const video = join(folder, 'scene.webm');
  writeFileSync(video, await makeVideo(browser, url, scene, STEPS * STRIDE + 1));

  const page = await browser.newPage({ viewport: VIEWPORT });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(url);
  // Frame by frame, the speed of the video means nothing.
  await page.addStyleTag({ content: '.speed { display: none; }' });
  const shots: Buffer[] = [];
  const shoot = async () => shots.push(await page.screenshot());

  await page.waitForSelector('#found li');
  await shoot();
  await page.click('#samples button:last-child');
  await page.waitForSelector('img[alt="astronaut.jpg"]');
  await page.waitForSelector('#found li');
  await shoot();

  await page.evaluate(() => {
    // Loaded, but still: each frame is asked for below.
    HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
      return new Promise((resolve) => this.addEventListener('loadeddata', () => resolve()));
    };
  });
  await page.locator('#file').setInputFiles(video);
  await page.waitForFunction(() => document.querySelector('video')!.readyState >= 2);
  for (let step = 0; step < STEPS; step++) {
    await showFrame(page, (step * STRIDE * FRAME_MS) / 1000);
    await shoot();
  }
  const delay = shots.map((_, i) => (i < 2 ? STILL_MS : STRIDE * FRAME_MS));
  const small = await Promise.all(shots.map((shot) => sharp(shot).resize(WIDTH).png().toBuffer()));
  const animation = sharp(small, { join: { animated: true } });
  await animation.webp({ quality: 60, effort: 6, delay, loop: 0 }).toFile(TARGET);
} finally {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true });
}

/** Shows the video at a time, and waits until the page has the boxes of that frame. */
async function showFrame(page: Page, seconds: number): Promise<void> {
  await page.evaluate(async (seconds) => {
    const video = document.querySelector('video')!;
    video.controls = false;
    // The bar of the stages changes with each detection.
    const detected = new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        resolve();
      });
      const options = { attributes: true, subtree: true };
      observer.observe(document.querySelector('#stage-bar')!, options);
    });
    video.currentTime = seconds + 0.001;
    await detected;
    // Timings come just before the boxes.
    await new Promise((resolve) => setTimeout(resolve, 200));
  }, seconds);
}
