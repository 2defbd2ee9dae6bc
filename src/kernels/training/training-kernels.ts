/** Instantiates the kernels of training (assembly/training.ts) beside those that detect. */
import { type Builds, buildFor, compileOnce } from '../builds.ts';
import type { TrainingExports } from '../generated/abi.ts';
import type { Heap } from '../heap.ts';
import { type Kernels, loadKernels } from '../module.ts';

/** All kernels, and the heap on whose memory they work. */
export interface TrainingKernels extends Kernels, TrainingExports {}

const BUILDS: Builds = {
  single: compileOnce(() => import('../generated/training-single.ts')),
  threaded: compileOnce(() => import('../generated/training-threaded.ts')),
  'fused-single': compileOnce(() => import('../generated/training-fused-single.ts')),
  'fused-threaded': compileOnce(() => import('../generated/training-fused-threaded.ts')),
};

/** Instantiates all kernels on the heap's memory. */
export async function loadTrainingKernels(heap: Heap): Promise<TrainingKernels> {
  return addTrainingKernels(await loadKernels(heap));
}

/** Instantiates the kernels of training on the same memory. */
export async function addTrainingKernels(kernels: Kernels): Promise<TrainingKernels> {
  const { memory } = kernels.heap;
  const module = await buildFor(BUILDS, kernels.heap);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  return { ...kernels, ...(exports as unknown as TrainingExports) };
}
