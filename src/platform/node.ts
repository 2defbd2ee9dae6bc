/** Node: files through fs, threads through worker_threads. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { missingDependency, RefineDetError } from '../errors.ts';
import type { DecodeOptions } from '../image/header.ts';
import { untilAborted } from '../interruption.ts';
import type { ModelName } from '../packaged-models.ts';
import { startOnce } from '../start-once.ts';
import { fetchBytes } from './fetch.ts';
import { modelUrl } from './model-urls.ts';
import type { DownloadOptions, Gpu, Thread, WasmSource } from './platform.ts';
import type { ThreadWorker, WasmAssets, WasmModule } from './wasm-module.ts';

export { decodeImage } from '../image/node/decode.ts';
export { freeBytes } from './free-bytes.ts';

const require = createRequire(import.meta.url);
const TFJS_WASM = '@tensorflow/tfjs-backend-wasm';

/** Logical processors available to this process. */
export function availableThreads(): number {
  return availableParallelism();
}

/** Why threads cannot be used here, or undefined when they can. */
export function threadsUnavailable(): string | undefined {
  return typeof SharedArrayBuffer === 'undefined' ? 'SharedArrayBuffer is missing' : undefined;
}

/** Not imported: Node would read CommonJS twice, to find the names of its exports. Registers all kernels. */
const tfjsWasm = () => require(TFJS_WASM) as typeof import('@tensorflow/tfjs-backend-wasm');

export function createBackend(module: WasmModule, threads: number): KernelBackend {
  const { BackendWasm, setThreadsCount } = tfjsWasm();
  setThreadsCount(threads);
  return new BackendWasm(module as never);
}

/** tfjs' wasm build, single-threaded or threaded. */
export async function wasmAssets(threaded: boolean, _source?: WasmSource): Promise<WasmAssets> {
  tfjsWasm();
  const build = threaded ? 'tfjs-backend-wasm-threaded-simd' : 'tfjs-backend-wasm-simd';
  const binary = await readFile(require.resolve(`${TFJS_WASM}/dist/${build}.wasm`));
  // One factory serves the plain and the SIMD binary.
  const name = threaded ? build : 'tfjs-backend-wasm';
  const script = require.resolve(`${TFJS_WASM}/wasm-out/${name}.js`);
  const factory = require(script) as WasmAssets['factory'];
  if (!threaded) return { factory, binary };
  // A worker takes 13 MB. (In pages it takes less, and the first one shows whether a policy forbids threads.)
  const threadsOnDemand = true;
  return { factory, binary, mainScript: script, createWorker: createPoolWorker, threadsOnDemand };
}

function createPoolWorker(): ThreadWorker {
  const { wasmWorkerContents } = require(
    `${TFJS_WASM}/wasm-out/tfjs-backend-wasm-threaded-simd.worker.js`,
  ) as { wasmWorkerContents: string };
  // The script was embedded in a template literal, which turned its `\n` escapes into newlines.
  return workerOf(wasmWorkerContents.replaceAll('\n', '\\n')) as unknown as ThreadWorker;
}

function workerOf(script: string): Worker {
  // The program's own flags (a loader, --input-type=module) do not apply to this script.
  return new Worker(PLAIN_GLOBALS + script, { eval: true, execArgv: [] });
}

/** Deno's threads have the globals of web workers, which call handlers themselves or cannot be assigned. */
const PLAIN_GLOBALS = `'use strict';
for (const name of ['location', 'onmessage'].filter((name) => name in globalThis))
  Object.defineProperty(globalThis, name, { value: undefined, writable: true, configurable: true });
`;

const LISTEN = `
require('node:worker_threads').parentPort.once('message', (data) => globalThis.onmessage({ data }));`;

export function startThread(script: string, onDeath: (reason: string) => void): Thread {
  const worker = workerOf(script + LISTEN);
  worker.on('error', ({ message }) => onDeath(message));
  worker.on('exit', (code) => onDeath(`exit code ${code}`));
  worker.unref();
  return worker;
}

/**
 * Reads the bytes of a file path or a file:, http:, https: or data: URL.
 * @throws FILE_NOT_FOUND, FETCH_FAILED, ABORTED
 */
export async function readBytes(
  source: string | URL,
  signal?: AbortSignal,
  { onProgress }: DownloadOptions = {},
): Promise<Uint8Array> {
  const text = String(source);
  if (/^(https?|data|blob):/i.test(text)) return fetchBytes(text, { signal, onProgress });
  try {
    const path = /^file:/i.test(text) ? fileURLToPath(text) : text;
    // Not readFile's own signal: each use of one adds a listener.
    return await untilAborted(signal, readFile(path));
  } catch (cause) {
    if (cause instanceof RefineDetError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    // Node puts this sign in the place of bytes that it cannot decode.
    const isLost = code === 'ENOENT' && text.includes('\ufffd');
    const reason = isLost ? 'its name is not UTF-8' : READ_ERRORS[code];
    throw new RefineDetError(
      'FILE_NOT_FOUND',
      `cannot read ${text}: ${reason ?? (cause as Error).message}`,
      { cause },
    );
  }
}

const READ_ERRORS: Record<string, string> = {
  ENOENT: 'the file does not exist',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

/** Returns undefined for every image object: Node decodes files only. */
export async function readPixels(_source: object, _options?: DecodeOptions): Promise<undefined> {
  return undefined;
}

/** WebGPU by Dawn, the optional package `webgpu`; one instance a process. */
export const openGpu = startOnce(startDawn);

/** @throws MISSING_DEPENDENCY */
async function startDawn(): Promise<Gpu> {
  const { create, globals } = await import('webgpu').catch((cause) => {
    const isMissing = cause.code === 'ERR_MODULE_NOT_FOUND';
    throw isMissing ? missingDependency('the webgpu backend in Node', 'webgpu', cause) : cause;
  });
  const dawn = create([]);
  Object.assign(globalThis, globals);
  // tfjs looks for it there; Node has a navigator since 21.
  if (!globalThis.navigator) Object.assign(globalThis, { navigator: {} });
  Object.defineProperty(navigator, 'gpu', { value: dawn, configurable: true });
  return dawn as unknown as Gpu;
}

/** Bytes of a model in the package, or undefined where its file is missing. */
export async function readPackagedModel(
  name: ModelName,
  _signal?: AbortSignal,
  _download?: DownloadOptions,
): Promise<Uint8Array | undefined> {
  try {
    return await readFile(new URL(modelUrl(name)));
  } catch {
    return undefined;
  }
}
