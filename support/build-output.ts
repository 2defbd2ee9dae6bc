/** What a build makes for pages: from dist/ where it is up to date, else built from the sources. */
import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleForPages, embedWorker } from '../scripts/build-browser.ts';
import { buildDemo } from '../scripts/build-demo.ts';
import { embedWasm } from '../scripts/embed.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUTS = [
  'dist/index.js',
  'dist/node/index.js',
  'dist/browser/refinedet.js',
  'dist/demo/index.html',
];
const SOURCES = ['src', 'assembly', 'demo', 'scripts'];

/** Puts the bundles for pages into a folder. */
export async function putPageBundles(folder: string): Promise<void> {
  if (isBuilt()) return cpSync(join(ROOT, 'dist/browser'), folder, { recursive: true });
  await embedRuntime();
  await bundleForPages(folder);
}

/** Puts the demo into a folder. */
export async function putDemo(folder: string): Promise<void> {
  if (isBuilt()) return cpSync(join(ROOT, 'dist/demo'), folder, { recursive: true });
  await embedRuntime();
  await buildDemo(folder);
}

/** Writes the modules that bundles embed: wasm and the worker's script. */
export async function embedRuntime(): Promise<void> {
  embedWasm();
  await embedWorker();
}

/** Whether dist/ is newer than all its sources, as after an installation. */
export function isBuilt(): boolean {
  const outputs = OUTPUTS.map((file) => join(ROOT, file));
  if (!outputs.every(existsSync)) return false;
  const built = Math.min(...outputs.map((file) => statSync(file).mtimeMs));
  return SOURCES.flatMap(filesOf).every((file) => statSync(file).mtimeMs <= built);
}

function filesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/[/\\]generated$/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name));
}
