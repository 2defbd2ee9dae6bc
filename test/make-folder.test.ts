import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../src/make-folder.ts';

const empty = () => mkdtempSync(path.join(tmpdir(), 'refinedet-folders-'));

describe('makeFolder', () => {
  it('creates parents too, also for many calls at once, and accepts existing folders', async () => {
    const root = empty();
    const folders = ['a/b/c/d', 'a/b/e', 'a/b/c', 'a', '.'].map((name) => path.join(root, name));
    await Promise.all([...folders, ...folders].map(makeFolder));
    for (const folder of folders) expect(statSync(folder).isDirectory()).toBe(true);
  });

  it('fails if a file has the name of a folder', async () => {
    const file = path.join(empty(), 'file');
    writeFileSync(file, '');
    await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(path.join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.skipIf(!existsSync('/proc/self'))('fails at once below /proc', async () => {
    await expect(makeFolder('/proc/nothing/below')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
