/** Node: files through fs, threads through worker_threads. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ThreadWorker, WasmAssets } from '../backend/emscripten.ts';

const require = createRequire(import.meta.url);
const TFJS_WASM = '@tensorflow/tfjs-backend-wasm';

export function availableThreads(): number {
  return availableParallelism();
}

export function threadsUnavailable(): string | undefined {
  return typeof SharedArrayBuffer === 'undefined' ? 'SharedArrayBuffer is missing' : undefined;
}

export async function wasmAssets(threaded: boolean): Promise<WasmAssets> {
  const build = threaded ? 'tfjs-backend-wasm-threaded-simd' : 'tfjs-backend-wasm-simd';
  const binary = await readFile(require.resolve(`${TFJS_WASM}/dist/${build}.wasm`));
  // One factory serves the plain and the SIMD binary.
  const name = threaded ? build : 'tfjs-backend-wasm';
  const script = require.resolve(`${TFJS_WASM}/wasm-out/${name}.js`);
  const factory = require(script) as WasmAssets['factory'];
  if (!threaded) return { factory, binary };
  return { factory, binary, mainScript: script, createWorker: createPoolWorker };
}

function createPoolWorker(): ThreadWorker {
  const { wasmWorkerContents } = require(
    `${TFJS_WASM}/wasm-out/tfjs-backend-wasm-threaded-simd.worker.js`,
  ) as { wasmWorkerContents: string };
  // The script was embedded in a template literal, which turned its `\n` escapes into newlines.
  const worker = new Worker(wasmWorkerContents.replaceAll('\n', '\\n'), { eval: true });
  return worker as unknown as ThreadWorker;
}
