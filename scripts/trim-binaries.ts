/**
 * Deletes binaries for other platforms from node_modules. onnxruntime-node and webgpu carry those of every
 * operating system and processor in one package: 350 MB that this machine cannot load. `npm ci` runs it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';

/** Folders for one platform each: `linux/x64`, `linux-x64`. */
const PLATFORM_FOLDERS = ['onnxruntime-node/bin/napi-v*/*/*', 'webgpu/dist/*'];

/** @returns the deleted folders, relative to `modules` */
export function trimBinaries(
  modules: string,
  { platform, arch }: { platform: string; arch: string } = process,
): string[] {
  // One binary for macOS may serve both processors.
  const fits = new RegExp(`/${platform}[/-](${arch}|universal)/$`);
  const folders = globSync(PLATFORM_FOLDERS, { cwd: modules, onlyDirectories: true });
  const deleted = folders.filter((folder) => !fits.test(folder)).sort();
  for (const folder of deleted) rmSync(join(modules, folder), { recursive: true });
  return deleted;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  trimBinaries(fileURLToPath(new URL('../node_modules', import.meta.url)));
}
