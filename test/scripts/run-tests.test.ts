import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-tests-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PASSING = "it('passes', () => {});";
/** Passes, and leaves an error that no test catches. */
const UNHANDLED = "it('passes', () => void Promise.reject(new Error('late')));";
const FAILING = "it('fails', () => expect(1).toBe(2));";
/** Fails in its first process, however often that tries. */
const UNLUCKY = `
  import { existsSync, writeFileSync } from 'node:fs';
  const isFirst = !existsSync('mark');
  writeFileSync('mark', '');
  it('fails in the first process', () => expect(isFirst).toBe(false));`;

/** Runs files of tests in a folder of their own. */
function runTests(files: readonly string[], ci: string) {
  const root = mkdtempSync(path.join(folder, 'run-'));
  writeFileSync(
    path.join(root, 'vitest.config.mjs'),
    'export default { test: { globals: true } };',
  );
  for (const [i, text] of files.entries()) writeFileSync(path.join(root, `${i}.test.js`), text);
  const script = path.resolve('scripts/run-tests.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    cwd: root,
    env: { ...process.env, CI: ci, GITHUB_ACTIONS: '', NO_COLOR: '1' },
    encoding: 'utf8',
  });
  const output = stdout + stderr;
  return {
    status,
    counts: output.match(/^ +Tests .*\d/gm)?.map((line) => line.replace(/ +/g, ' ').trim()),
  };
}

describe('npm test', () => {
  it('gives files that failed one more try in CI, in a new process', () => {
    expect(runTests([PASSING, UNLUCKY], 'true')).toEqual({
      status: 0,
      counts: ['Tests 1 failed | 1 passed (2', 'Tests 1 passed (1'],
    });
  });

  it('fails when they fail again', () => {
    expect(runTests([FAILING, PASSING], 'true')).toMatchObject({
      status: 1,
      counts: ['Tests 1 failed | 1 passed (2', 'Tests 1 failed (1'],
    });
  });

  it.each([
    ['more than three files fail', Array(4).fill(FAILING), 'true'],
    ['an error belongs to no test', [UNLUCKY, UNHANDLED], 'true'],
    ['it is no CI', [UNLUCKY], ''],
  ])('gives no other try when %s', (_, files, ci) => {
    const { status, counts } = runTests(files, ci);
    expect({ status, runs: counts?.length }).toEqual({ status: 1, runs: 1 });
  });
});
