/** Backends that bring an engine of their own, outside tfjs. Their code is loaded only where it runs. */
import type { TfjsBackend } from '../backend/tfjs.ts';
import type { Threads } from '../backend/wasm.ts';
import type { Model } from '../model/model.ts';
import type { Engine } from './engine.ts';

/** A native backend; pass it to `load` as `backend`, or in the list `gpu`. */
export interface NativeBackend {
  /** Name of the backend. */
  readonly backend: 'onnxruntime';
  /** Settings of the sessions, as plain data that can go to a worker. */
  readonly session: object;
  /**
   * Starts an engine for a model.
   * @internal
   * @throws MISSING_DEPENDENCY, BACKEND_UNAVAILABLE, OUT_OF_MEMORY, INVALID_ARGUMENT for weights that are not
   *   finite
   */
  start(model: Model, threads: Threads | undefined): Promise<Engine>;
}

/** A backend that is handed over as an object. */
export type Accelerator = TfjsBackend | NativeBackend;

export function isNativeBackend(value: unknown): value is NativeBackend {
  // The export of refinedet/onnxruntime is a function too.
  const isThing = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return isThing && 'backend' in value && 'session' in value && 'start' in value;
}
