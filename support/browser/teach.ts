/** The page that teaches, built and served for tests and images: as a plain page, and for a folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { serveSite } from '../../src/cli/demo/demo-server.ts';
import { readSite, type Site } from '../../src/cli/demo/demo-site.ts';
import { LabelFolder } from '../../src/cli/label/label-folder.ts';
import { serveFolder } from '../../src/cli/label/label-server.ts';
import { putDemo } from '../build-output.ts';

/** Time limit: the machine may be busy. */
const PATIENCE_MS = 90_000;

/** Builds the page. @param model what `models/default.safetensors` is */
export async function teachSite(model: Uint8Array): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'refinedet-teach-'));
  await putDemo(folder);
  const site = await readSite(folder, model);
  rmSync(folder, { recursive: true });
  return site;
}

export interface Served {
  url: string;
  close(): void;
}

/** Serves the page that keeps labels in the browser. */
export async function servePlain(site: Site): Promise<Served> {
  const { server, url } = await serveSite(site, '127.0.0.1', 0);
  return { url: `${url}teach.html`, close: closing(server) };
}

/** Serves the page for the images of a folder. */
export async function serveLabels(site: Site, folder: string): Promise<Served> {
  const { server, url } = await serveFolder(site, await LabelFolder.open(folder), [0]);
  return { url, close: closing(server) };
}

function closing(server: { closeAllConnections(): void; close(): unknown }): () => void {
  return () => {
    server.closeAllConnections();
    server.close();
  };
}

/** Opens the page and collects its errors. */
export async function openTeach(browser: Browser, url: string, options?: BrowserContextOptions) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(url);
  await saved(page);
  return { page, context, problems, close: () => context.close() };
}

/** A box in pixels of an image. */
interface PixelBox {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Draws a box on the open image with the mouse. */
export async function drawBox(
  page: Page,
  size: { width: number; height: number },
  box: PixelBox,
): Promise<void> {
  const view = (await page.locator('#board').boundingBox())!;
  const scale = Math.min(view.width / size.width, view.height / size.height);
  const left = view.x + (view.width - scale * size.width) / 2;
  const top = view.y + (view.height - scale * size.height) / 2;
  const at = (x: number, y: number) => [left + scale * x, top + scale * y] as const;
  await page.mouse.move(...at(box.x, box.y));
  await page.mouse.down();
  await page.mouse.move(...at(box.x + box.width / 2, box.y + box.height / 2));
  await page.mouse.move(...at(box.x + box.width, box.y + box.height));
  await page.mouse.up();
}

/** Waits until everything is stored. */
export async function saved(page: Page): Promise<void> {
  await page.waitForSelector('#saved:text-is("Saved")');
}
