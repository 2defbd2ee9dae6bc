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

const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const report = path.join(tmpdir(), `refinedet-tests-${process.pid}.json`);

/** @returns the exit code */
function run(args) {
  const { status, error } = spawnSync(process.execPath, [VITEST, 'run', ...args], {
    stdio: 'inherit',
  });
  if (error) throw error;
  return status ?? 1;
}

function failedFiles() {
  if (!existsSync(report)) return [];
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
}

const args = process.argv.slice(2);
if (process.env.CI) {
  const reporters = process.env.GITHUB_ACTIONS ? ['default', 'github-actions'] : ['default'];
  const noted = [...reporters, 'json'].map((name) => `--reporter=${name}`);
  process.exitCode = run([...args, ...noted, `--outputFile.json=${report}`]);
  const failed = process.exitCode === 0 ? [] : failedFiles();
  rmSync(report, { force: true });
  if (failed.length > 0 && failed.length <= MOST_FILES) {
    console.error(`Once more: ${failed.join(', ')}`);
    const options = args.filter((arg) => arg.startsWith('-'));
    process.exitCode = run([...options, ...failed]);
  }
} else {
  process.exitCode = run(args);
}
