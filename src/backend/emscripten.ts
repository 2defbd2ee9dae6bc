/**
 * Creates the Emscripten module of tfjs' wasm backend: stock tfjs does not start threads in Node,
 * always starts eight workers, and leaves handlers on `process` that crash the host program.
 */
import { RefineDetError } from '../errors.ts';
import { memoryShortage } from '../out-of-memory.ts';
import type { WasmAssets, WasmModule } from '../platform/wasm-module.ts';
import { addThreads, withoutWorkers } from './thread-pool.ts';

/**
 * Starts the module.
 * @param threads 1 for the single-threaded build; otherwise the threaded one with `threads - 1` workers, unless
 *   the platform adds them on demand
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
  try {
    const started = withoutProcessHandlers(() => withoutWorkers(() => assets.factory(config)));
    const module = await Promise.race([started, failure]);
    module.tfjs = bridge(module);
    if (threads > 1 && !assets.threadsOnDemand) await addThreads(module, threads, assets);
    return module;
  } catch (cause) {
    throw cannotStart(threads, cause);
  }
}

/** The error for a backend that does not start. */
export function cannotStart(threads: number, cause: unknown): RefineDetError {
  const shortage = memoryShortage('no memory to start the wasm backend', cause);
  if (shortage) return shortage;
  return new RefineDetError(
    'BACKEND_UNAVAILABLE',
    `cannot start the wasm backend with ${threads} thread(s): ${(cause as Error).message}`,
    { cause },
  );
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
