import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundledApp, bundleApp } from '../../support/browser/bundle.ts';
import { hasChromium, launchChromium, openPage } from '../../support/browser/chromium.ts';
import { serveSite } from '../../support/browser/server.ts';
import type { PageOutcome } from './training-app/page.ts';
import type { Task } from './training-app/trainer.ts';

describe.skipIf(!hasChromium)('training in a page', { timeout: 240_000 }, () => {
  let app: BundledApp;
  let browser: Browser;
  beforeAll(async () => {
    [app, browser] = await Promise.all([bundleApp('training-app'), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    app?.remove();
  });

  async function trainInPage(isolated: boolean, task: Task): Promise<PageOutcome> {
    const site = await serveSite({ folders: { '': app.folder }, isolated });
    const [page, messages] = await openPage(browser, `${site.url}/index.html`);
    const outcome = await page.evaluate((task) => globalThis.trainInWorker(task), task);
    expect(messages).toEqual([]);
    await page.close();
    await site.close();
    return outcome;
  }

  it('learns in a worker, alone or with workers that share memory, and gives one result', async () => {
    const alone = await trainInPage(false, { workers: 2, steps: 5 });
    expect(alone.workers).toBe(1);
    expect(alone.notes.join()).toMatch(/runs on one worker: the page is not cross-origin isolated/);
    expect(alone.losses).toHaveLength(5);
    expect(alone.losses.every(Number.isFinite)).toBe(true);
    expect(new Set(alone.losses).size).toBe(5);

    const together = await trainInPage(true, { workers: 2, steps: 5 });
    expect(together.workers).toBe(2);
    expect(together.notes.join()).not.toContain('one worker');
    for (const [i, loss] of together.losses.entries()) {
      expect(Math.abs(loss / alone.losses[i] - 1)).toBeLessThan(1e-3);
    }
    for (const { classes, steps, found, score, missing } of [alone, together]) {
      expect({ classes, steps }).toEqual({ classes: ['square', 'disc'], steps: 5 });
      expect(found.length).toBeGreaterThan(0);
      expect(missing).toEqual([]);
      expect(score).toBeGreaterThanOrEqual(0);
    }
  });
});
