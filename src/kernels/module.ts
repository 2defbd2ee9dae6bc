/** Instantiates the compiled kernels (assembly/) on the memory of a heap. */
import { unpack } from '../embedded.ts';
import type { KernelExports } from './generated/abi.ts';
import type { Heap } from './heap.ts';
import { knowsFusedProducts } from './relaxed-simd.ts';

/** The kernels and the heap on whose memory they work. */
export interface Kernels extends KernelExports {
  readonly heap: Heap;
}

/** A page loads the one that it needs. */
const BINARIES = {
  single: () => import('./generated/single.ts'),
  threaded: () => import('./generated/threaded.ts'),
  'fused-single': () => import('./generated/fused-single.ts'),
  'fused-threaded': () => import('./generated/fused-threaded.ts'),
};
type Variant = keyof typeof BINARIES;

const compiled = new Map<Variant, Promise<WebAssembly.Module>>();

/** Kernels bound to the heap's memory. Each build is compiled once per process. */
export async function loadKernels(heap: Heap): Promise<Kernels> {
  const module = await compileKernels(heap);
  const instance = await WebAssembly.instantiate(module, { env: { memory: heap.memory } });
  return { ...(instance.exports as unknown as KernelExports), heap };
}

/** The build that fits the heap's memory and the engine. */
export function compileKernels({ threaded }: Heap): Promise<WebAssembly.Module> {
  const memory = threaded ? 'threaded' : 'single';
  const variant: Variant = knowsFusedProducts() ? `fused-${memory}` : memory;
  let module = compiled.get(variant);
  if (!module) {
    module = BINARIES[variant]()
      .then((text) => unpack(text.default))
      .then(WebAssembly.compile);
    compiled.set(variant, module);
  }
  return module;
}
