/** A file's name says what it is, without its folder: editors, stack traces and coverage show the name. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

it.each(['src', 'assembly'])('names of files are unique in %s, but for index', (folder) => {
  const files = readdirSync(fileURLToPath(new URL(folder, ROOT)), { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts') && !file.split(path.sep).includes('generated'));
  expect(files.length).toBeGreaterThan(20);
  const names = files.map((file) => path.basename(file));
  const isShared = (name: string, i: number) => name !== 'index.ts' && names.indexOf(name) !== i;
  expect(names.filter(isShared)).toEqual([]);
});
