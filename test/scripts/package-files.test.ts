import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
/** A module finds a file above its own folder by its own address. */
const ABOVE = /(?:new URL|createRequire\(import\.meta\.url\))\(\s*['"`]\.\.\//;

it('finds files of the package only from folders as deep as the bundles of Node, dist/node', () => {
  const modules = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && ABOVE.test(readFileSync(path.join(SRC, name), 'utf8')),
  );
  expect(modules.length).toBeGreaterThan(1);
  expect(modules.filter((name) => name.split(path.sep).length !== 2)).toEqual([]);
});
