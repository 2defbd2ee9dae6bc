import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { PendingFile, requireAbsent, writeWhole } from '../../src/cli/output-files.ts';
import { temporaryFolder } from './helpers.ts';

const { folder, at, remove } = temporaryFolder();
afterAll(remove);
afterEach(() => vi.restoreAllMocks());

describe('PendingFile', () => {
  it('appears with all of its content when committed, in a folder that it makes', async () => {
    const file = at('a/b/out.txt');
    const pending = await PendingFile.create(file);
    await pending.write('one ');
    await pending.write(new TextEncoder().encode('two'));
    expect(existsSync(file)).toBe(false);
    await pending.commit();
    expect(readFileSync(file, 'utf8')).toBe('one two');
    expect(readdirSync(at('a/b'))).toEqual(['out.txt']);
  });

  it('leaves the old file and nothing else when discarded, even twice', async () => {
    writeFileSync(at('old.txt'), 'old');
    const pending = await PendingFile.create(at('old.txt'));
    await pending.write('new');
    await pending.discard();
    await pending.discard();
    expect(readFileSync(at('old.txt'), 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});

describe('writeWhole', () => {
  it.each([
    ['a folder is in its place', 'taken', 'it is a folder'],
    ['its folder is a file', 'file.txt/x.txt', 'a file is in the way of its folder'],
  ])('fails in a sentence when %s and leaves nothing', async (_, name, reason) => {
    mkdirSync(at('taken'), { recursive: true });
    writeFileSync(at('file.txt'), 'mine');
    await expect(writeWhole(at(name), 'x')).rejects.toMatchObject({
      code: 'FILE_WRITE',
      message: `${at(name)} cannot be written: ${reason}`,
    });
    expect(readdirSync(folder).filter((entry) => entry.includes('.tmp'))).toEqual([]);
    expect(readFileSync(at('file.txt'), 'utf8')).toBe('mine');
  });

  it.each(['appendFile', 'sync'] as const)(
    'says that the disk is full, found out by %s, and leaves the older file',
    async (method) => {
      const file = at('full.txt');
      writeFileSync(file, 'old');
      const handle = await open(file);
      await handle.close();
      vi.spyOn<FileHandle, 'appendFile' | 'sync'>(
        Object.getPrototypeOf(handle),
        method,
      ).mockRejectedValueOnce(
        Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }),
      );
      await expect(writeWhole(file, 'new')).rejects.toMatchObject({
        code: 'FILE_WRITE',
        message: `${file} cannot be written: the disk is full`,
      });
      expect(readFileSync(file, 'utf8')).toBe('old');
      expect(readdirSync(folder).filter((entry) => entry.includes('.tmp'))).toEqual([]);
    },
  );
});

describe('requireAbsent', () => {
  it('names the first file that exists', async () => {
    writeFileSync(at('there.txt'), '');
    await expect(requireAbsent([at('gone.txt'), at('there.txt')])).rejects.toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringContaining(at('there.txt')),
    });
    await expect(requireAbsent([at('gone.txt')])).resolves.toBeUndefined();
  });
});
