/** Instantiates the compiled kernels (assembly/detection.ts) on the memory of a heap. */
import { type Builds, buildFor, compileOnce } from './builds.ts';
import type { KernelExports } from './generated/abi.ts';
import type { Heap } from './heap.ts';

/** The kernels that detect, and the heap on whose memory they work. */
export interface Kernels extends KernelExports {
  readonly heap: Heap;
}

const BUILDS: Builds = {
  single: compileOnce(() => import('./generated/detection-single.ts')),
  threaded: compileOnce(() => import('./generated/detection-threaded.ts')),
  'fused-single': compileOnce(() => import('./generated/detection-fused-single.ts')),
  'fused-threaded': compileOnce(() => import('./generated/detection-fused-threaded.ts')),
};

/** Instantiates the kernels on the heap's memory. */
export async function loadKernels(heap: Heap): Promise<Kernels> {
  const module = await compileKernels(heap);
  const instance = await WebAssembly.instantiate(module, { env: { memory: heap.memory } });
  return { ...(instance.exports as unknown as KernelExports), heap };
}

/** Compiles the build that fits the heap's memory and the engine. */
export function compileKernels(heap: Heap): Promise<WebAssembly.Module> {
  return buildFor(BUILDS, heap);
}
