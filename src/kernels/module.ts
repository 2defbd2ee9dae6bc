/** Instantiates the compiled kernels (assembly/) on the memory of a heap. */
import { unpack } from '../embedded.ts';
import { startOnce } from '../start-once.ts';
import type { KernelExports } from './generated/abi.ts';
import type { Heap } from './heap.ts';
import { knowsFusedProducts } from './relaxed-simd.ts';

/** The kernels and the heap on whose memory they work. */
export interface Kernels extends KernelExports {
  readonly heap: Heap;
}

type Variant = `${'' | 'fused-'}${'single' | 'threaded'}`;

/** Builds of the kernels; each is loaded and compiled at most once per process. */
const BUILDS: Record<Variant, () => Promise<WebAssembly.Module>> = {
  single: startOnce(() => compile(import('./generated/single.ts'))),
  threaded: startOnce(() => compile(import('./generated/threaded.ts'))),
  'fused-single': startOnce(() => compile(import('./generated/fused-single.ts'))),
  'fused-threaded': startOnce(() => compile(import('./generated/fused-threaded.ts'))),
};

async function compile(text: Promise<{ default: string }>): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await unpack((await text).default));
}

/** Instantiates the kernels on the heap's memory. */
export async function loadKernels(heap: Heap): Promise<Kernels> {
  const module = await compileKernels(heap);
  const instance = await WebAssembly.instantiate(module, { env: { memory: heap.memory } });
  return { ...(instance.exports as unknown as KernelExports), heap };
}

/** Compiles the build that fits the heap's memory and the engine. */
export function compileKernels({ threaded }: Heap): Promise<WebAssembly.Module> {
  const memory = threaded ? 'threaded' : 'single';
  const variant: Variant = knowsFusedProducts() ? `fused-${memory}` : memory;
  return BUILDS[variant]();
}
