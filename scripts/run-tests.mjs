/**
 * `npm test`. In CI, files that fail run once more by themselves, from the start: real browsers, servers and
 * child processes share a machine there. A second try of the test alone would meet what the first has left.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** More failures than these are no accident. */
const MOST_FILES = 3;

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const list = path.join(tmpdir(), `refinedet-tests-${process.pid}.json`);

/** @returns the exit code */
function run(args) {
  const command = [at('../node_modules/vitest/vitest.mjs'), 'run', ...args];
  const env = { ...process.env, REFINEDET_FAILED_FILES: list };
  const { status, error } = spawnSync(process.execPath, command, { stdio: 'inherit', env });
  if (error) throw error;
  return status ?? 1;
}

/** Runs everything. @returns the files that failed; none when the failure is not theirs alone */
function runAll() {
  const reporters = ['default', at('failed-files.mjs')];
  if (process.env.GITHUB_ACTIONS) reporters.push('github-actions');
  process.exitCode = run(reporters.map((name) => `--reporter=${name}`));
  const failed = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  rmSync(list, { force: true });
  return failed;
}

const args = process.argv.slice(2);
if (process.env.CI && args.length === 0) {
  const failed = runAll();
  if (failed.length > 0 && failed.length <= MOST_FILES) {
    console.error(`Once more: ${failed.join(', ')}`);
    process.exitCode = run(failed);
  }
} else {
  process.exitCode = run(args);
}
