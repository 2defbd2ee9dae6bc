/** The threads of tfjs' own kernels: workers in Emscripten's pool. */
import { blockedScript, watchPolicy } from '../platform/blocked.ts';
import type { ThreadWorker, WasmAssets, WasmModule } from '../platform/wasm-module.ts';

/** Emscripten's fixed pool size in tfjs 4.22. */
const POOL_SIZE = 8;
/** The calling thread works too, so there is one thread more than workers. */
export const MAX_THREADS = POOL_SIZE + 1;

/**
 * Runs the (synchronous) start of the factory, which fills its pool of eight, so that the pool has placeholders
 * without a thread. They count as loaded until {@link addThreads} drops them.
 */
export function withoutWorkers<T>(run: () => T): T {
  const original = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  Object.defineProperty(globalThis, 'Worker', {
    configurable: true,
    get: () => placeholder,
    // In Node the factory assigns worker_threads' class to the global.
    set: () => {},
  });
  try {
    return run();
  } finally {
    if (original) Object.defineProperty(globalThis, 'Worker', original);
    else Reflect.deleteProperty(globalThis, 'Worker');
  }
}

/** A class whose instances have no thread. */
function placeholder() {
  const worker: ThreadWorker & { on(): void } = {
    postMessage({ cmd }) {
      if (cmd === 'load') queueMicrotask(() => worker.onmessage?.({ data: { cmd: 'loaded' } }));
    },
    terminate() {},
    unref() {},
    on() {},
  };
  return worker;
}

/**
 * Starts the workers of a module without any. tfjs uses them from its next `initWithThreadsCount`.
 * @param threads number of threads, including the calling one
 * @throws Error when a worker cannot start; the others are ended
 */
export async function addThreads(
  { PThread: pool }: WasmModule,
  threads: number,
  { createWorker }: WasmAssets,
): Promise<void> {
  const workers: ThreadWorker[] = [];
  let isStarting = true;
  try {
    const started = Array.from({ length: threads - 1 }, () => {
      watchPolicy();
      const worker = createWorker!();
      workers.push(worker);
      return new Promise<void>((resolve, reject) => {
        divertErrors(worker, () => isStarting, reject);
        pool!.loadWasmModuleToWorker(worker, () => resolve());
      });
    });
    pool!.unusedWorkers = workers;
    await Promise.all(started);
    isStarting = false;
  } catch (error) {
    pool!.unusedWorkers = [];
    for (const worker of workers) worker.terminate();
    throw error;
  }
}

/**
 * Starts the threads when a kernel of tfjs runs for the first time; until they are ready, it runs on one. Networks
 * of our own kernels never need them.
 * @param threads number of threads, including the calling one
 * @param warn receives one sentence when they cannot start
 */
export function addThreadsOnDemand(
  module: WasmModule,
  threads: number,
  assets: WasmAssets,
  warn: (message: string) => void,
): void {
  const add = async () => {
    await addThreads(module, threads, assets);
    module.tfjs.initWithThreadsCount(threads);
    unrefWorkers(module);
  };
  let isAsked = false;
  const { cwrap } = module;
  module.cwrap = (...signature) => {
    const kernel = cwrap(...signature);
    return (...values) => {
      if (!isAsked) add().catch(({ message }) => warn(`tfjs runs on one thread: ${message}`));
      isAsked = true;
      return kernel(...values);
    };
  };
}

/**
 * While a worker starts, its error fails the start. Afterwards it goes to the factory's handler, which
 * throws it.
 */
function divertErrors(
  worker: ThreadWorker,
  isStarting: () => boolean,
  failed: (error: Error) => void,
): void {
  let handler = worker.onerror;
  const starting = ({ message }: { message: string }) => {
    // A policy forbids the thread's script, or what the script imports.
    const isBlocked = message === '' || message.includes('importScripts');
    const reason = isBlocked ? `${message} ${blockedScript()}`.trim() : message;
    failed(new Error(`a thread has died: ${reason}`));
  };
  Object.defineProperty(worker, 'onerror', {
    configurable: true,
    get: () => (isStarting() ? starting : handler),
    set(given: typeof handler) {
      handler = given;
    },
  });
  worker.addEventListener?.('error', (event) => {
    event.preventDefault?.();
    worker.onerror?.(event);
  });
}

/** Lets the process end while pool workers wait for work (Node only). */
export function unrefWorkers(module: WasmModule): void {
  if (!module.PThread) return;
  const running = Object.values(module.PThread.pthreads).map((thread) =>
    'worker' in thread ? thread.worker : (thread as ThreadWorker),
  );
  for (const worker of [...module.PThread.unusedWorkers, ...running]) worker?.unref?.();
}
