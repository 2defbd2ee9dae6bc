/** Chooses and starts the backend that a detector runs on. */
import { loadNative, noteOnUnasked } from '#native';
import type { TfjsBackend } from '../backend/tfjs.ts';
import { type Threads, wasmRuntime } from '../backend/wasm.ts';
import { plainView, type Size } from '../detection/views.ts';
import { RefineDetError } from '../errors.ts';
import { createHeap } from '../kernels/heap.ts';
import { loadKernels } from '../kernels/module.ts';
import { POSTPROCESS_DEFAULTS } from '../kernels/postprocess-options.ts';
import type { Model } from '../model/model.ts';
import { show } from '../option-checks.ts';
import type { WasmSource } from '../platform/platform.ts';
import { type BackendName, type Compute, type Engine, noTimings } from './engine.ts';
import { FallbackEngine } from './fallback-engine.ts';
import { type Accelerator, isNativeBackend } from './native-backend.ts';
import { TfjsEngine } from './tfjs-engine.ts';
import { wasmCompute } from './wasm-compute.ts';
import { WasmEngine } from './wasm-engine.ts';

export interface EngineOptions {
  /** `auto` times wasm, every backend of `gpu` and installed native ones, and picks the fastest. */
  backend: BackendName | 'auto' | Accelerator;
  gpu: readonly Accelerator[];
  /** `auto` is `int8` where model and backend can run it. */
  compute: Compute | 'auto';
  threads: Threads | undefined;
  wasm: WasmSource | undefined;
  warn: (message: string) => void;
  /** Receives a sentence that reports the choice of `auto`. */
  info: (message: string) => void;
  /** Input size of the model, for timing. */
  inputSize: Size;
}

/**
 * Starts the engine that the options choose.
 * @throws INVALID_OPTION, MISSING_DEPENDENCY, BACKEND_UNAVAILABLE, FETCH_FAILED, OUT_OF_MEMORY; of a native
 *   backend that the options name also INVALID_ARGUMENT, for weights that are not finite
 */
export async function startEngine(model: Model, options: EngineOptions): Promise<Engine> {
  const { backend, gpu } = options;
  if (backend === 'auto') return startFastest(model, options);
  if (backend === 'wasm') return startWasm(model, options);
  if (typeof backend !== 'string') return startAccelerator(model, backend, options);
  const candidates = await withNative(gpu);
  const chosen = candidates.find((one) => nameOf(one) === backend);
  if (chosen) return startAccelerator(model, chosen, options);
  const known = ['auto', 'wasm', ...candidates.map(nameOf)].join(', ');
  throw new RefineDetError(
    'INVALID_OPTION',
    `backend must be one of ${known}, not ${show(backend)}; import others from refinedet/webgl, refinedet/webgpu, refinedet/cpu or refinedet/onnxruntime`,
  );
}

const nameOf = (backend: Accelerator) =>
  isNativeBackend(backend) ? backend.backend : backend.name;

/** Adds the native backend of this platform, unless the caller hands one over. */
async function withNative(gpu: readonly Accelerator[]): Promise<readonly Accelerator[]> {
  const native = gpu.some(isNativeBackend) ? undefined : await loadNative();
  return native ? [...gpu, native] : gpu;
}

async function startWasm(model: Model, options: EngineOptions): Promise<Engine> {
  const { threads, wasm, warn } = options;
  const compute = wasmCompute(model, options.compute);
  return new WasmEngine(await wasmRuntime(threads, warn, wasm), model, compute);
}

async function startAccelerator(
  model: Model,
  backend: Accelerator,
  options: EngineOptions,
): Promise<Engine> {
  if (options.compute === 'int8') {
    throw new RefineDetError(
      'INVALID_OPTION',
      `compute: "int8" needs the wasm backend, not ${nameOf(backend)}`,
    );
  }
  if (isNativeBackend(backend)) return backend.start(model, options.threads);
  const device = await backend.start();
  const engine = new TfjsEngine(backend.name, device, await loadKernels(createHeap()), model);
  return new FallbackEngine(engine, (reason) => {
    options.warn(`refinedet goes on with wasm: ${reason}`);
    return startWasm(model, options);
  });
}

/** Timed runs of a backend; the best counts, because disturbances only slow a run down. */
const TIMED_RUNS = 3;

/** Leaves no engine but the one that it returns, and none when it throws. */
async function startFastest(model: Model, options: EngineOptions): Promise<Engine> {
  const { gpu, compute, inputSize, info } = options;
  const started: Engine[] = [];
  let chosen: Engine | undefined;
  const time = async (engine: Engine) => {
    started.push(engine);
    return { engine, ms: await timeEngine(engine, inputSize) };
  };
  try {
    const timed = [await time(await startWasm(model, options))];
    for (const backend of compute === 'int8' ? gpu : await withNative(gpu)) {
      try {
        if (!isNativeBackend(backend)) await requireHardware(backend);
        timed.push(await time(await startAccelerator(model, backend, options)));
      } catch (error) {
        const note = gpu.includes(backend)
          ? unavailable(error)
          : noteOnUnasked(nameOf(backend), error);
        if (note !== undefined) info(note);
      }
    }
    timed.sort((a, b) => a.ms - b.ms);
    const [{ engine: fastest }] = timed;
    const times = timed.map(({ engine, ms }) => `${engine.backend} ${ms.toFixed(1)} ms`);
    info(`refinedet runs on ${fastest.backend}: ${times.join(', ')} an image`);
    chosen = fastest;
    return fastest;
  } finally {
    for (const engine of started) {
      if (engine !== chosen) engine.dispose();
    }
  }
}

/** The note on a backend that the caller named: a GPU may be missing, but other errors are thrown. */
function unavailable(error: unknown): string {
  if (error instanceof RefineDetError && error.code === 'BACKEND_UNAVAILABLE') {
    return `refinedet: ${error.message}`;
  }
  throw error;
}

/**
 * Refuses a renderer in software: it is slower than wasm, and timing it takes many seconds.
 * @throws BACKEND_UNAVAILABLE
 */
async function requireHardware(gpu: TfjsBackend): Promise<void> {
  const { software } = await gpu.start();
  if (software === undefined) return;
  throw new RefineDetError(
    'BACKEND_UNAVAILABLE',
    `${gpu.name} is left out: no GPU, but ${software}`,
  );
}

/** Measures the milliseconds for one image. */
async function timeEngine(engine: Engine, size: Size): Promise<number> {
  const { width, height } = size;
  const blank = { data: new Uint8Array(3 * width * height), width, height, channels: 3 as const };
  const view = plainView(size, size);
  await engine.warmUp(size);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TIMED_RUNS; i++) {
    const start = performance.now();
    await engine.run(blank, view, POSTPROCESS_DEFAULTS, noTimings());
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
