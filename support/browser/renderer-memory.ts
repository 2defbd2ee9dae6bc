/** Memory of a page's process as the system counts it: decoded images too, which no heap shows. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';

/** @returns a function that collects garbage and returns resident bytes of the largest renderer, the same one each time */
export async function rendererMemory(browser: Browser, page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  const processes = await (await browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo');
  const renderers = processes.processInfo.filter(({ type }) => type === 'renderer');
  const [{ id }] = renderers.sort((a, b) => residentBytes(b.id) - residentBytes(a.id));
  return async () => {
    await session.send('HeapProfiler.collectGarbage');
    return residentBytes(id);
  };
}

function residentBytes(id: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8')) ?? [];
  return 1024 * Number(kilobytes);
}
