/** Browsers: fetch, createImageBitmap and web workers. Importing this module has no side effects. */

import singleModule from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js';
import threadedModule from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js';
// @ts-expect-error: a CommonJS module without types, { wasmWorkerContents: string }
import poolWorkerModule from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.worker.js';
import { RefineDetError } from '../errors.ts';
import { type DecodeOptions, readImageHeader } from '../image/header.ts';
import type { RawImage } from '../image/raw-image.ts';
import type { ModelName } from '../packaged-models.ts';
import { cachedBytes } from './cached-fetch.ts';
import { embeddedThreadScript, embeddedWasm } from './embedded-wasm.ts';
import { fetchBytes } from './fetch.ts';
import { BITMAP_OPTIONS, bitmapPixels } from './pixels.ts';
import type { DownloadOptions, Gpu, Thread, WasmSource } from './platform.ts';
import { scriptWorker } from './script-worker.ts';
import { absoluteUrl } from './url.ts';
import type { ThreadWorker, WasmAssets } from './wasm-module.ts';

export { readPixels } from './pixels.ts';
export { createBackend } from './tfjs-wasm.ts';

export function availableThreads(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

export function threadsUnavailable(): string | undefined {
  if (globalThis.crossOriginIsolated) return undefined;
  return 'the page is not cross-origin isolated (serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)';
}

export async function wasmAssets(
  threaded: boolean,
  source: WasmSource = embeddedWasm,
): Promise<WasmAssets> {
  const binary = await (typeof source === 'function'
    ? source(threaded)
    : fetchBinary(threaded, String(source)));
  if (!threaded) return { factory: commonJs(singleModule), binary };
  const factory = commonJs<WasmAssets['factory']>(threadedModule);
  const mainScript = new Blob([await embeddedThreadScript()], { type: 'text/javascript' });
  // While the pool is filled, the global class is a stand-in.
  const { Worker } = globalThis;
  return { factory, binary, mainScript, createWorker: () => createPoolWorker(Worker) };
}

/** First bytes of every wasm module. */
const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

async function fetchBinary(threaded: boolean, folder: string): Promise<BufferSource> {
  const name = `tfjs-backend-wasm-${threaded ? 'threaded-simd' : 'simd'}.wasm`;
  const url = absoluteUrl(folder.endsWith('/') ? folder + name : `${folder}/${name}`);
  const bytes = (await fetchBytes(url)) as Uint8Array<ArrayBuffer>;
  if (WASM_MAGIC.every((byte, i) => bytes[i] === byte)) return bytes;
  throw new RefineDetError('FETCH_FAILED', `${url} did not return a wasm module`);
}

/** `module.exports`, which some bundlers return as the default export, some with one more wrapper. */
function commonJs<T>(module: unknown): T {
  return ((module as { default?: unknown }).default ?? module) as T;
}

function createPoolWorker(WorkerClass: typeof Worker): ThreadWorker {
  const { wasmWorkerContents } = commonJs<{ wasmWorkerContents: string }>(poolWorkerModule);
  // The script was embedded in a template literal, which turned its `\n` escapes into newlines.
  const text = wasmWorkerContents.replaceAll('\n', '\\n');
  return scriptWorker(text, THREAD_NAME, WorkerClass) as unknown as ThreadWorker;
}

const THREAD_NAME = 'refinedet thread';

export function startThread(text: string, onDeath: (reason: string) => void): Thread {
  const worker = scriptWorker(text, THREAD_NAME);
  worker.onerror = ({ message }) => onDeath(message);
  return worker;
}

export async function readBytes(
  source: string | URL,
  signal?: AbortSignal,
  { onProgress, cache = false }: DownloadOptions = {},
): Promise<Uint8Array> {
  const url = absoluteUrl(String(source));
  const isStorable = cache && /^https?:/i.test(url);
  return (isStorable ? cachedBytes : fetchBytes)(url, { signal, onProgress });
}

export async function decodeImage(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<RawImage> {
  const { format } = readImageHeader(bytes, options);
  const file = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: `image/${format}` });
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, BITMAP_OPTIONS);
  } catch (cause) {
    const { source = 'the given bytes' } = options;
    const reason = (cause as Error).message;
    throw new RefineDetError('IMAGE_CORRUPT', `cannot decode ${source}: ${reason}`, { cause });
  }
  return bitmapPixels(bitmap);
}

/** Nothing: as garbage, pixels make the browser collect what else an image left, such as its decoded file. */
export function freeBytes(): void {}

export async function openGpu(): Promise<Gpu | undefined> {
  return (globalThis.navigator as { gpu?: Gpu } | undefined)?.gpu;
}

/** @throws FETCH_FAILED with advice, ABORTED */
export async function readPackagedModel(
  name: ModelName,
  signal?: AbortSignal,
  download?: DownloadOptions,
): Promise<Uint8Array> {
  // A separate module: bundles for pages replace it.
  const { modelUrl, explainDownload } = await import('./model-urls.ts');
  try {
    return await readBytes(modelUrl(name), signal, download);
  } catch (error) {
    throw explainDownload(name, error);
  }
}
