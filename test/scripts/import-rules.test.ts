/** `npm run check` fails at cycles and at imports that point upward, on both sides of `#platform`. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../cli/helpers.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOOL = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const CONFIGS = ['.dependency-cruiser.mjs', '.dependency-cruiser.browser.mjs'];

const { folder, remove } = temporaryFolder();
afterAll(remove);

const PLATFORM = { browser: './src/platform/browser.ts', default: './src/platform/node.ts' };
const FILES = {
  'package.json': JSON.stringify({
    type: 'module',
    imports: { '#platform': { 'refinedet-source': PLATFORM } },
  }),
  'tsconfig.json': JSON.stringify({ compilerOptions: { module: 'NodeNext' } }),
  // Without fault.
  'src/detector.ts': `import { side } from '#platform'; export type D = 1; export const d = side;`,
  'src/platform/node.ts': `export const side = 'node';`,
  'src/errors.ts': 'export const error = 1;',
  // A cycle of types.
  'src/boxes.ts': `import type { Label } from './labels.ts'; export const box: Label = 1;`,
  'src/labels.ts': `import { box } from './boxes.ts'; export type Label = 1; export const l = box;`,
  // Upward.
  'src/random.ts': `import type { D } from './detector.ts'; export const random: D = 1;`,
  // Upward, and a cycle through #platform, which only pages see.
  'src/platform/browser.ts': `import type { D } from '../detector.ts'; export const side: D = 1;`,
};

/** The broken rules, with the files that break them: one file of each cycle. */
async function violations(config: string): Promise<string[]> {
  const args = [TOOL, 'src', '--config', path.join(ROOT, config), '--output-type', 'json'];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (_, stdout) => resolve(stdout));
  });
  const { summary }: { summary: { violations: { rule: { name: string }; from: string }[] } } =
    JSON.parse(output);
  return summary.violations.map(({ rule, from }) => `${rule.name} ${from}`).sort();
}

it('finds cycles, type-only ones included, and imports that point upward', async () => {
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  const common = [
    'no-cycle src/boxes.ts',
    'not-upward-from-leaves src/random.ts',
    'not-upward-from-platform src/platform/browser.ts',
  ];
  const [forNode, forPages] = await Promise.all(CONFIGS.map(violations));
  expect(forNode).toEqual(common);
  expect(forPages).toEqual([...common, 'no-cycle src/detector.ts'].sort());
}, 240_000);
