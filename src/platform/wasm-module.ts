/** The Emscripten module of tfjs' wasm backend, and what a platform adds to start it. */

/** What tfjs' BackendWasm drives, and what our kernels need of it. */
export interface WasmModule {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  asm: { memory?: WebAssembly.Memory; malloc?(bytes: number): number };
  wasmMemory?: WebAssembly.Memory;
  cwrap(name: string, returns: string | null, args: string[]): (...values: number[]) => number;
  PThread?: ThreadPool;
  /** What tfjs' start-up code adds. */
  tfjs: {
    initWithThreadsCount(threads: number): void;
    getThreadsCount(): number;
    dispose(): void;
  };
}

export interface ThreadPool {
  unusedWorkers: ThreadWorker[];
  loadWasmModuleToWorker(worker: ThreadWorker, loaded: () => void): void;
  pthreads: Record<string, { worker?: ThreadWorker } | ThreadWorker>;
}

interface ErrorEventLike {
  message: string;
  preventDefault?(): void;
}

/** The part of a Worker (browser's or Node's) that Emscripten's thread pool uses. */
export interface ThreadWorker {
  postMessage(message: { cmd?: string }): void;
  terminate(): void;
  unref?(): void;
  onmessage?: (event: { data: { cmd: string } }) => void;
  onerror?: (event: { message: string }) => void;
  /** In browsers. */
  addEventListener?(type: 'error', listener: (event: ErrorEventLike) => void): void;
}

/** What a platform provides to start the module. */
export interface WasmAssets {
  /** Emscripten's factory from wasm-out/. */
  factory(config: object): Promise<WasmModule>;
  binary: BufferSource;
  /** Threaded build only: what the factory's workers import, and how to start one. */
  mainScript?: string | Blob;
  createWorker?: () => ThreadWorker;
  /** Whether workers start with the first kernel of tfjs that runs, not with the module. */
  threadsOnDemand?: boolean;
}
