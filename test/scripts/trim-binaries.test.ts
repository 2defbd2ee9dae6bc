import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, it, onTestFinished } from 'vitest';
import { trimBinaries } from '../../scripts/trim-binaries.ts';

const FOLDERS = [
  'onnxruntime-node/bin/napi-v6/darwin/arm64',
  'onnxruntime-node/bin/napi-v6/linux/arm64',
  'onnxruntime-node/bin/napi-v6/linux/x64',
  'onnxruntime-node/bin/napi-v6/win32/x64',
  'onnxruntime-node/dist/linux/x64',
  'webgpu/dist/darwin-universal',
  'webgpu/dist/linux-x64',
  'webgpu/dist/win32-x64',
];

it.each([
  ['linux', 'x64', ['napi-v6/linux/x64', 'dist/linux/x64', 'dist/linux-x64']],
  ['darwin', 'arm64', ['napi-v6/darwin/arm64', 'dist/linux/x64', 'dist/darwin-universal']],
])('keeps the binaries for %s on %s and deletes all others', (platform, arch, kept) => {
  const modules = mkdtempSync(join(tmpdir(), 'refinedet-trim-'));
  onTestFinished(() => rmSync(modules, { recursive: true }));
  for (const folder of FOLDERS) mkdirSync(join(modules, folder), { recursive: true });

  const deleted = trimBinaries(modules, { platform, arch });

  const left = FOLDERS.filter((folder) => kept.some((name) => folder.endsWith(name)));
  expect(deleted.map((folder) => folder.replace(/\/$/, '')).sort()).toEqual(
    FOLDERS.filter((folder) => !left.includes(folder)),
  );
  const leaves = globSync('**/*', { cwd: modules, onlyDirectories: true })
    .map((folder) => folder.replace(/\/$/, ''))
    .filter((folder) => FOLDERS.includes(folder));
  expect(leaves.sort()).toEqual(left);
  expect(trimBinaries(modules, { platform, arch })).toEqual([]);
});
