/** A run on a full disk. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { RunFolder } from '../../src/training/node/run-folder.ts';
import { temporaryFolder } from '../cli/helpers.ts';

const { folder, at, remove } = temporaryFolder();
afterAll(remove);
afterEach(() => vi.restoreAllMocks());

it('reports a full disk, keeps the older file and leaves no partial file', async () => {
  const run = new RunFolder(at('run'));
  await run.write('a.json', 'old');
  const handle = await open(folder);
  await handle.close();
  vi.spyOn(Object.getPrototypeOf(handle), 'writeFile').mockRejectedValueOnce(
    Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
  );
  await expect(run.write('a.json', 'new')).rejects.toMatchObject({
    code: 'FILE_WRITE',
    message: `${at('run/a.json')} cannot be written: the disk is full`,
  });
  expect(readFileSync(at('run/a.json'), 'utf8')).toBe('old');
  expect(readdirSync(at('run'))).toEqual(['a.json']);
});

it.skipIf(process.platform !== 'linux')('reports a full disk for appended lines', async () => {
  mkdirSync(at('full'));
  symlinkSync('/dev/full', at('full/metrics.jsonl'));
  const run = new RunFolder(at('full'));
  await expect(run.append('metrics.jsonl', '{}\n')).rejects.toMatchObject({
    code: 'FILE_WRITE',
    message: `${at('full/metrics.jsonl')} cannot be written: the disk is full`,
  });
});
