/** Download size of a web page. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundleForPages, embedWorker } from '../../scripts/build-browser.ts';
import { embedWasm } from '../../scripts/embed.ts';
import { type Measured, type Suite, single } from '../suite.ts';

const MODULES = new URL('../../node_modules/', import.meta.url);
/** Parts that a page loads besides the entry and its imports. */
const SINGLE_THREAD_PARTS = /^(wasm-simd|single)-/;
const THREADED_PARTS = /^(wasm-threaded|threaded|thread-script|team-worker)-/;

interface Download {
  name: string;
  files: Uint8Array[];
}

export const suite: Suite = {
  title: 'Download',
  about:
    'Files that a page loads before it can detect, without model weights: scripts and WebAssembly, minified; ' +
    'kilobytes (1000 bytes) after gzip -9. The peers are published builds (onnxruntime-web has one for any ' +
    'number of threads); tfjs with its wasm backend is a bundle of the imports of coco-ssd.',
  async run() {
    const onnxruntime = {
      name: 'onnxruntime-web',
      files: installed(
        'onnxruntime-web/dist/ort.wasm.bundle.min.mjs',
        'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
      ),
    };
    const oneThread = [
      { name: 'refinedet', files: await ownFiles(SINGLE_THREAD_PARTS) },
      onnxruntime,
      {
        name: 'tfjs, wasm backend, coco-ssd',
        files: [
          await cocoSsdBundle(),
          ...installed('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm'),
        ],
      },
    ];
    const several = [{ name: 'refinedet', files: await ownFiles(THREADED_PARTS) }, onnxruntime];
    return [
      { title: 'gzip, one thread', unit: 'KB', cases: compressed(oneThread) },
      { title: 'gzip, several threads', unit: 'KB', cases: compressed(several) },
    ];
  },
};

function compressed(downloads: readonly Download[]): Measured[] {
  const sizes = downloads.map(({ files }) =>
    files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0),
  );
  return downloads.map(({ name, files }, i) => {
    const raw = files.reduce((sum, file) => sum + file.length, 0);
    return single(name, sizes[i] / 1000, sizes[0] / 1000, `${(raw / 1000).toFixed(0)} KB unpacked`);
  });
}

function installed(...names: string[]): Uint8Array[] {
  return names.map((name) => readFileSync(fileURLToPath(new URL(name, MODULES))));
}

async function ownFiles(parts: RegExp): Promise<Uint8Array[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-bench-'));
  embedWasm();
  await embedWorker();
  await bundleForPages(folder);
  const loaded = staticImports(path.join(folder, 'refinedet.js'), new Set());
  for (const part of readdirSync(path.join(folder, 'parts'))) {
    if (!parts.test(part)) continue;
    for (const file of staticImports(path.join(folder, 'parts', part), new Set())) loaded.add(file);
  }
  const files = [...loaded].map((file) => readFileSync(file));
  rmSync(folder, { recursive: true });
  return files;
}

/** A module and all of its imports. */
function staticImports(file: string, seen: Set<string>): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from|import)"(\.[^"]+)"/g)) {
    staticImports(path.resolve(path.dirname(file), name), seen);
  }
  return seen;
}

async function cocoSsdBundle(): Promise<Uint8Array> {
  const contents = `
    import { setBackend } from '@tensorflow/tfjs-core';
    import '@tensorflow/tfjs-backend-wasm';
    import { load } from '@tensorflow-models/coco-ssd';
    globalThis.detectorOf = async () => { await setBackend('wasm'); return load(); };`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(MODULES) },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].contents;
}
