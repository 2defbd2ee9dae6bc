/** The wasm backend with the kernels of training. */
import { type WasmRuntime, wasmRuntime } from '../backend/wasm.ts';
import type { Kernels } from '../kernels/module.ts';
import { registerGradientKernels } from '../kernels/training/index.ts';
import { addTrainingKernels, type TrainingKernels } from '../kernels/training/training-kernels.ts';
import { startOnce } from '../start-once.ts';

/** The running backend: its memory, its threads, and the kernels of detection and of training. */
export interface TrainingRuntime extends WasmRuntime {
  kernels: TrainingKernels;
}

/** The kernels of training beside those of a running backend; added once. */
const added = new WeakMap<Kernels, () => Promise<TrainingKernels>>();

/**
 * Starts the wasm backend, or takes the running one, and adds the kernels that training needs. Makes `wasm`
 * the current backend of TensorFlow.js.
 * @param options threads (default `auto`), and what receives warnings
 * @throws INVALID_OPTION, BACKEND_UNAVAILABLE, FETCH_FAILED, OUT_OF_MEMORY
 */
export async function trainingRuntime(
  ...options: Parameters<typeof wasmRuntime>
): Promise<TrainingRuntime> {
  const runtime = await wasmRuntime(...options);
  const add = added.get(runtime.kernels) ?? startOnce(() => addKernels(runtime.kernels));
  added.set(runtime.kernels, add);
  const kernels = await add();
  return {
    heap: runtime.heap,
    kernels,
    get threads() {
      return runtime.threads;
    },
  };
}

async function addKernels(detection: Kernels): Promise<TrainingKernels> {
  const kernels = await addTrainingKernels(detection);
  registerGradientKernels(kernels);
  return kernels;
}
