/** Accessibility, as axe-core checks it. */
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What the rules of axe find on a page in its present state. @param rules ids; default: all */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  await page.addScriptTag({ path: AXE });
  const { violations } = await page.evaluate((runOnly) => {
    const { axe } = globalThis as never as { axe: { run(options: object): Promise<AxeResults> } };
    return axe.run(runOnly ? { runOnly } : {});
  }, rules);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
