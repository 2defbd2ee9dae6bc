/**
 * The wasm backend: tfjs' XNNPACK kernels, with threads in Node too, and the heap that they share with our
 * own kernels. One backend serves every detector of the process.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { availableThreads, createBackend, threadsUnavailable, wasmAssets } from '#platform';
import { RefineDetError } from '../errors.ts';
import type { Address } from '../kernels/generated/abi.ts';
import type { Heap } from '../kernels/heap.ts';
import { registerLayerKernels } from '../kernels/layers/index.ts';
import { type Kernels, loadKernels } from '../kernels/module.ts';
import { Team } from '../kernels/parallel/team.ts';
import { checkValue, type Rule, wholeFrom } from '../option-checks.ts';
import { memoryShortage } from '../out-of-memory.ts';
import type { WasmSource } from '../platform/platform.ts';
import type { WasmModule } from '../platform/wasm-module.ts';
import { startOnce } from '../start-once.ts';
import { useBackend } from './current.ts';
import { cannotStart, createWasmModule, guardMalloc, moduleMemory } from './emscripten.ts';
import { addThreadsOnDemand, MAX_THREADS, unrefWorkers } from './thread-pool.ts';

/** Number of threads; `auto` is one per core, but at most 4. */
export type Threads = 'auto' | number;

export const THREADS: Rule = [
  (v) => v === 'auto' || (wholeFrom(1)[0](v) && (v as number) <= MAX_THREADS),
  `"auto" or a whole number from 1 to ${MAX_THREADS}`,
];

/** Small layers stop scaling early; more threads than this mostly wait for each other. */
const AUTO_THREADS_LIMIT = 4;

export interface WasmRuntime {
  heap: Heap;
  kernels: Kernels;
  /** Threads in use at this time: 1 after a team of several has broken up. */
  readonly threads: number;
}

/**
 * Starts the backend, or returns the running one: the first call of the process fixes its thread
 * count. Makes `wasm` the current tfjs backend.
 * @param threads default `auto`
 * @param warn receives one sentence when fewer threads are used than requested
 * @param source source of tfjs' binary; default: the one in the package
 * @throws INVALID_OPTION, BACKEND_UNAVAILABLE, FETCH_FAILED, OUT_OF_MEMORY
 */
export async function wasmRuntime(
  threads: Threads = 'auto',
  warn: (message: string) => void = console.warn,
  source?: WasmSource,
): Promise<WasmRuntime> {
  checkValue('threads', threads, THREADS);
  const started = await startRuntime(threads, warn, source);
  useBackend('wasm');
  if (threads !== 'auto' && threads !== started.threads && !warned.has(threads)) {
    warned.add(threads);
    warn(
      `refinedet runs on ${started.threads} thread(s), not ${threads}: the wasm backend is already running`,
    );
  }
  return started;
}

/** Thread counts that already had a warning: one warning each. */
const warned = new Set<number>();

/** Address of a tensor's data in the wasm heap. */
export function tensorPointer(tensor: tf.Tensor): Address {
  const backend = tf.backend() as BackendWasm;
  return backend.getMemoryOffset(tensor.dataId) >>> 0;
}

const startRuntime = startOnce(async (...given: Parameters<typeof start>) => {
  try {
    return await start(...given);
  } catch (error) {
    throw memoryShortage('no memory to start the wasm backend', error) ?? error;
  }
});

async function start(
  threads: Threads,
  warn: (message: string) => void,
  source: WasmSource | undefined,
): Promise<WasmRuntime> {
  const running = tf.engine().registry['wasm'] as BackendWasm | undefined;
  if (!running) return startChosen(threads, warn, source);
  const module = (running as unknown as { wasm: WasmModule }).wasm;
  return startKernels(module, module.PThread ? module.tfjs.getThreadsCount() : 1, warn);
}

/** Tries the chosen number of threads, because page and process may forbid threads in many ways. */
async function startChosen(
  threads: Threads,
  warn: (message: string) => void,
  source: WasmSource | undefined,
): Promise<WasmRuntime> {
  const count = chooseThreads(threads, warn);
  try {
    return await startBoth(count, warn, source);
  } catch (error) {
    if (count === 1 || threads !== 'auto') throw error;
    const runtime = await startBoth(1, warn, source);
    warn(`refinedet runs on one thread: ${(error as Error).message}`);
    warned.add(count);
    return runtime;
  }
}

/** Starts the backend and our own kernels; without them, nothing stays. */
async function startBoth(
  threads: number,
  warn: (message: string) => void,
  source: WasmSource | undefined,
): Promise<WasmRuntime> {
  const module = await startBackend(threads, warn, source);
  try {
    return await startKernels(module, threads, warn);
  } catch (error) {
    tf.removeBackend('wasm');
    throw error;
  }
}

/** Starts our own kernels in the memory of tfjs' module. */
async function startKernels(
  module: WasmModule,
  threads: number,
  warn: (message: string) => void,
): Promise<WasmRuntime> {
  guardMalloc(module);
  const heap = moduleHeap(module);
  const kernels = await loadKernels(heap);
  const team = await startTeam(module, kernels, threads, warn);
  registerLayerKernels(kernels, team);
  return {
    heap,
    kernels,
    get threads() {
      return team?.threads ?? threads;
    },
  };
}

/** Workers for our own kernels; they end with the backend. */
async function startTeam(
  { tfjs }: WasmModule,
  kernels: Kernels,
  threads: number,
  warn: (message: string) => void,
): Promise<Team | undefined> {
  if (threads === 1) return undefined;
  const team = await Team.start(kernels, { threads, warn }).catch((error) => {
    throw cannotStart(threads, error);
  });
  const { dispose } = tfjs;
  tfjs.dispose = () => {
    team.dispose();
    dispose();
  };
  return team;
}

/** Number of threads that an option asks for. */
export function threadCount(threads: Threads = 'auto'): number {
  return threads === 'auto' ? Math.min(availableThreads(), AUTO_THREADS_LIMIT) : threads;
}

function chooseThreads(threads: Threads, warn: (message: string) => void): number {
  const wanted = threadCount(threads);
  const obstacle = wanted > 1 ? threadsUnavailable() : undefined;
  if (obstacle === undefined) return wanted;
  warn(`refinedet runs on one thread: ${obstacle}`);
  warned.add(wanted);
  return 1;
}

async function startBackend(
  threads: number,
  warn: (message: string) => void,
  source?: WasmSource,
): Promise<WasmModule> {
  const assets = await wasmAssets(threads > 1, source);
  const module = await createWasmModule(assets, threads);
  if (assets.threadsOnDemand) addThreadsOnDemand(module, threads, assets, warn);
  if (tf.findBackendFactory('wasm')) tf.removeBackend('wasm');
  tf.registerBackend('wasm', () => createBackend(module, assets.threadsOnDemand ? 1 : threads));
  if (!(await tf.setBackend('wasm'))) {
    throw new RefineDetError('BACKEND_UNAVAILABLE', 'tfjs did not accept the wasm backend');
  }
  unrefWorkers(module);
  return module;
}

function moduleHeap(module: WasmModule): Heap {
  const memory = moduleMemory(module);
  return {
    memory,
    threaded: module.PThread !== undefined,
    malloc: (bytes) => module._malloc(bytes) >>> 0,
    free: (pointer) => module._free(pointer),
  };
}
