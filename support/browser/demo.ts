/** The demo page with a small model, built and served for the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Detection } from '../../src/boxes.ts';
import { serveSite } from '../../src/cli/demo/demo-server.ts';
import { readSite } from '../../src/cli/demo/demo-site.ts';
import { RefineDet, writeModel } from '../../src/index.ts';
import { putDemo } from '../build-output.ts';
import { randomModel } from '../models/random-model.ts';
import { OPTIONS } from './fixture.ts';

export const CAT = fileURLToPath(new URL('../../examples/cat.jpg', import.meta.url));

/** Time limit: software rendering is slow, and the machine may be busy. */
export const PATIENCE_MS = 120_000;

export interface Demo {
  /** Folder of the built page; tests may add files. */
  folder: string;
  model: Uint8Array;
  /** Node's detections in the first sample. */
  expected: Detection[];
  /** Serves the page with the headers that threads need. */
  url: string;
  close(): void;
}

export async function serveDemo(): Promise<Demo> {
  const folder = mkdtempSync(join(tmpdir(), 'refinedet-demo-'));
  await putDemo(folder);
  const model = await writeModel(randomModel(64));
  const detector = await RefineDet.load(model, { threads: 1 });
  const expected = await detector.detect(CAT, OPTIONS);
  detector.dispose();
  const { server, url } = await serveSite(await readSite(folder, model), '127.0.0.1', 0);
  const close = () => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  };
  return { folder, model, expected, url, close };
}

/** Opens the page, collects its errors, and shows all detections of the first sample. */
export async function openDemo(browser: Browser, url: string, options?: BrowserContextOptions) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  await page.goto(url);
  await showAll(page);
  return { page, problems, close: () => context.close() };
}

/** Lowers the threshold until random weights find something. */
export async function showAll(page: Page): Promise<void> {
  await page.locator('#threshold').fill('5');
  await page.waitForSelector('#found li');
}

export async function download(
  page: Page,
  button: string,
): Promise<{ name: string; file: string }> {
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return { name: saved.suggestedFilename(), file: await saved.path() };
}
