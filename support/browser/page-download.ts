/** What a page downloads before it can detect, without model weights: minified scripts and WebAssembly. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { putPageBundles } from '../build-output.ts';

/** Parts that a page loads besides the entry and what that imports. */
const PARTS = {
  oneThread: /^(wasm-simd|detection-single)-/,
  severalThreads: /^(wasm-threaded|detection-threaded|thread-script|team-worker)-/,
};

/** @returns the files of a page that imports `refinedet`, as built from the sources */
export async function pageDownload(threads: keyof typeof PARTS): Promise<Uint8Array[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-download-'));
  await putPageBundles(folder);
  const loaded = staticImports(path.join(folder, 'refinedet.js'), new Set());
  for (const part of readdirSync(path.join(folder, 'parts'))) {
    if (!PARTS[threads].test(part)) continue;
    for (const file of staticImports(path.join(folder, 'parts', part), new Set())) loaded.add(file);
  }
  const files = [...loaded].map((file) => readFileSync(file));
  rmSync(folder, { recursive: true });
  return files;
}

/** Bytes of all files, each compressed by `gzip -9`. */
export function gzipSize(files: readonly Uint8Array[]): number {
  return files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0);
}

/** A module and everything it imports statically. */
function staticImports(file: string, seen: Set<string>): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from|import)"(\.[^"]+)"/g)) {
    staticImports(path.resolve(path.dirname(file), name), seen);
  }
  return seen;
}
