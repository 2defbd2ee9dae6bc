/** What the environment (Node or a browser) provides; `#platform` resolves to one implementation. */
import type { WasmAssets } from '../backend/emscripten.ts';

export interface Platform {
  /** Logical processors available to this process or page. */
  availableThreads(): number;
  /** Why threads cannot be used here, or undefined when they can. */
  threadsUnavailable(): string | undefined;
  /** The tfjs wasm build, single-threaded or threaded. */
  wasmAssets(threaded: boolean): Promise<WasmAssets>;
}
