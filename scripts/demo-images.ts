/**
 * Captures images of the demo page for docs/images with Debian's chromium:
 * `npx tsx --conditions=refinedet-source scripts/demo-images.ts [names]`, after `npm run build`.
 */

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { serveSite } from '../src/cli/demo/demo-server.ts';
import { readSite, type Site } from '../src/cli/demo/demo-site.ts';
import { launchChromium, WITHOUT_GRAPHICS } from '../support/browser/chromium.ts';
import { useDesktopFonts } from '../support/browser/desktop-fonts.ts';
import { type MovingImage, makeVideo } from '../support/browser/video.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
/** Time limit on a busy machine. */
const PATIENCE_MS = 60_000;
/** Share of the model that has arrived in the image of the loading page. */
const ARRIVED = 0.4;

type Act = (page: Page) => Promise<void>;

const found: Act = async (page) => {
  await page.waitForSelector('#found li');
};
const secondSample: Act = async (page) => {
  await found(page);
  await page.click('#samples button:last-child');
  await page.waitForSelector('img[alt="astronaut.jpg"]');
  await found(page);
};
const cutOff: Act = async (page) => {
  await found(page);
  const buffer = readFileSync(join(ROOT, 'examples/cat.jpg')).subarray(0, 20_000);
  await page
    .locator('#file')
    .setInputFiles({ name: 'holiday.jpg', mimeType: 'image/jpeg', buffer });
  await page.waitForSelector('#unreadable:visible');
};
const settings: Act = async (page) => {
  await found(page);
  await page.click('#settings');
  await page.waitForSelector('#backends input[value=auto]:disabled');
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
  const small = await sharp(shot).webp({ quality: 80, effort: 6 }).toBuffer();
  writeFileSync(join(ROOT, `docs/images/demo-${name}.webp`), small);
}

/** Serves the page with a model that stops arriving. */
async function serveSlowly(site: Site): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url = '/', method }, response) => {
    const file = site.get(url === '/' ? 'index.html' : url.slice(1));
    if (!file) return response.writeHead(404).end();
    const { body, type, etag } = file;
    response.writeHead(200, { 'content-type': type, 'content-length': body.length, etag });
    if (method === 'HEAD' || !url.includes('.safetensors')) return response.end(body);
    response.write(body.subarray(0, ARRIVED * body.length));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Names of the images to take; default: all. */
const wanted = process.argv.slice(2);
const model = readFileSync(join(ROOT, 'models/default.safetensors'));
const site = await readSite(join(ROOT, 'dist/demo'), model);
const slow = await serveSlowly(site);
const { server, url } = await serveSite(site, '127.0.0.1', 0);
const folder = mkdtempSync(join(tmpdir(), 'refinedet-images-'));
useDesktopFonts(folder);
const browser = await launchChromium({ camera: true, flags: WITHOUT_GRAPHICS });
try {
  const sample = (name: string) => [...site.keys()].find((file) => file.includes(`/${name}-`))!;
  const scene: MovingImage[] = [
    { url: sample('astronaut'), y: 40, width: 330, height: 330, speed: 0.4 },
    { url: sample('cat'), y: 220, width: 330, height: 220, speed: -0.4 },
  ];
  const video = join(folder, 'scene.webm');
  writeFileSync(video, await makeVideo(browser, url, scene, 100));

  const only = (name: string) => wanted.length === 0 || wanted.includes(name);
  const shots: [string, BrowserContextOptions, Act, string?][] = [
    ['desktop', DESKTOP, found],
    ['dark', { ...DESKTOP, colorScheme: 'dark' }, secondSample],
    ['phone', PHONE, found],
    ['error', DESKTOP, cutOff],
    ['no-gpu', DESKTOP, settings],
    [
      'loading',
      DESKTOP,
      async (page) => {
        await page.waitForSelector('#progress[style*="0."]');
        await page.waitForSelector('img[alt="cat.jpg"]');
      },
      slow.url,
    ],
    [
      'video',
      DESKTOP,
      async (page) => {
        await found(page);
        await page.locator('#file').setInputFiles(video);
        await page.waitForFunction(() => {
          const points =
            document.querySelector('#fps-chart polyline')!.getAttribute('points') ?? '';
          return points.split(' ').length > 20 && document.querySelectorAll('#found li').length > 1;
        });
      },
    ],
  ];
  for (const [name, options, act, from = url] of shots) {
    if (only(name)) await take(browser, from, name, options, act);
  }
} finally {
  await browser.close();
  for (const each of [server, slow.server]) {
    each.closeAllConnections();
    each.close();
  }
  rmSync(folder, { recursive: true });
}
