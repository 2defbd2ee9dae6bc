/**
 * Creates the Emscripten module of tfjs' wasm backend: stock tfjs does not start threads in Node,
 * always starts eight workers, and leaves handlers on `process` that crash the host program.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { RefineDetError } from '../errors.ts';
import { memoryShortage } from '../out-of-memory.ts';
import { blockedScript, watchPolicy } from '../platform/blocked.ts';
import type { ThreadPool, ThreadWorker, WasmAssets, WasmModule } from '../platform/wasm-module.ts';

/** Emscripten's fixed pool size in tfjs 4.22; the pool never has more workers. */
const POOL_SIZE = 8;
/** The calling thread works too, so there is one thread more than workers. */
export const MAX_THREADS = POOL_SIZE + 1;

/**
 * Starts the module.
 * @param threads 1 for the single-threaded build; otherwise the threaded one with `threads - 1` workers
 */
export async function createWasmModule(assets: WasmAssets, threads: number): Promise<WasmModule> {
  const config = {
    mainScriptUrlOrBlob: assets.mainScript,
    locateFile: (path: string) => path,
    instantiateWasm(
      imports: WebAssembly.Imports,
      done: (i: WebAssembly.Instance, m: WebAssembly.Module) => void,
    ) {
      // tfjs uses at most half of the logical cores (env.emscripten_num_logical_cores).
      if (imports['env']) imports['env']['emscripten_num_logical_cores'] = () => 2 * threads;
      WebAssembly.instantiate(assets.binary, imports).then(
        ({ instance, module }) => done(instance, module),
        failed,
      );
      return {};
    },
    onAbort: (reason: unknown) => failed(new Error(`the wasm module aborted: ${reason}`)),
  };
  let failed!: (error: unknown) => void;
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  let isStarting = true;
  const workers: ThreadWorker[] = [];
  const createWorker = () => {
    watchPolicy();
    const worker = assets.createWorker!();
    // The factory would wait for a thread that cannot start forever.
    divertErrors(worker, () => isStarting, failed);
    workers.push(worker);
    return worker;
  };
  try {
    const started = withoutProcessHandlers(() =>
      threads > 1
        ? withWorkers(threads - 1, createWorker, () => assets.factory(config))
        : assets.factory(config),
    );
    const module = await Promise.race([started, failure]);
    if (module.PThread) dropPlaceholders(module.PThread);
    module.tfjs = bridge(module);
    isStarting = false;
    return module;
  } catch (cause) {
    for (const worker of workers) worker.terminate();
    const shortage = memoryShortage('no memory to start the wasm backend', cause);
    if (shortage) throw shortage;
    throw new RefineDetError(
      'BACKEND_UNAVAILABLE',
      `cannot start the wasm backend with ${threads} thread(s): ${(cause as Error).message}`,
      { cause },
    );
  }
}

/**
 * While the module starts, an error of a worker fails the start. Afterwards it goes to the factory's
 * handler, which throws it.
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

/** Wraps the functions that tfjs wraps in its own start-up code. */
function bridge(module: WasmModule) {
  const number = 'number';
  return {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, [number]),
    getThreadsCount: module.cwrap('get_threads_count', number, []),
    registerTensor: module.cwrap('register_tensor', null, [number, number, number]),
    disposeData: module.cwrap('dispose_data', null, [number]),
    dispose: module.cwrap('dispose', null, []),
  };
}

/**
 * Runs the (synchronous) start of the factory with our own `Worker` class. The factory fills its pool of
 * eight; it takes threads from the end of the pool, so the first ones can be placeholders without
 * a thread.
 */
function withWorkers<T>(count: number, create: () => ThreadWorker, run: () => T): T {
  let made = 0;
  const original = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  Object.defineProperty(globalThis, 'Worker', {
    configurable: true,
    get: () =>
      function PoolWorker() {
        return made++ < POOL_SIZE - count ? placeholder() : create();
      },
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

const PLACEHOLDERS = new WeakSet<ThreadWorker>();

function placeholder(): ThreadWorker {
  const worker: ThreadWorker & { on(): void } = {
    postMessage({ cmd }) {
      if (cmd === 'load') queueMicrotask(() => worker.onmessage?.({ data: { cmd: 'loaded' } }));
    },
    terminate() {},
    unref() {},
    on() {},
  };
  PLACEHOLDERS.add(worker);
  return worker;
}

function dropPlaceholders(pool: ThreadPool): void {
  pool.unusedWorkers = pool.unusedWorkers.filter((worker) => !PLACEHOLDERS.has(worker));
}

/** Emscripten adds process-wide handlers that rethrow: they would crash programs that handle errors. */
function withoutProcessHandlers<T>(run: () => T): T {
  const { process } = globalThis as { process?: NodeJS.Process };
  if (typeof process?.listeners !== 'function') return run();
  const before = new Set<unknown>(
    PROCESS_EVENTS.flatMap((event) => process.listeners(event as 'exit')),
  );
  try {
    return run();
  } finally {
    for (const event of PROCESS_EVENTS) {
      for (const listener of process.listeners(event as 'exit')) {
        if (!before.has(listener)) process.removeListener(event, listener);
      }
    }
  }
}

const PROCESS_EVENTS = ['uncaughtException', 'unhandledRejection'];

/** The memory of a module, or of a backend that another package started. */
export function moduleMemory(module: WasmModule): WebAssembly.Memory {
  const memory = module.wasmMemory ?? module.asm.memory;
  if (!memory)
    throw new RefineDetError('BACKEND_UNAVAILABLE', 'the wasm module does not export its memory');
  return memory;
}

/** Sizes have 32 bits: a larger one would wrap around to a small block. */
const ADDRESS_SPACE_BYTES = 2 ** 32;

/**
 * Makes `_malloc` throw OUT_OF_MEMORY instead of returning 0, which tfjs would use as an address and
 * write to.
 */
export function guardMalloc(module: WasmModule): void {
  // The glue code's own `_malloc` replaces itself with the bare export at the first call.
  const malloc = module.asm.malloc ?? module._malloc;
  module._malloc = (bytes) => {
    const pointer = bytes < ADDRESS_SPACE_BYTES ? malloc(bytes) : 0;
    if (pointer !== 0) return pointer;
    throw new RefineDetError('OUT_OF_MEMORY', `the wasm heap has no space for ${bytes} more bytes`);
  };
}

export type { BackendWasm };
