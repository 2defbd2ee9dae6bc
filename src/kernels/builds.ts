/** The builds of a module of kernels: for plain and shared memory, with and without fused products. */
import { unpack } from '../embedded.ts';
import { startOnce } from '../start-once.ts';
import type { Heap } from './heap.ts';
import { knowsFusedProducts } from './relaxed-simd.ts';

type Variant = `${'' | 'fused-'}${'single' | 'threaded'}`;

/** Each is loaded and compiled at most once per process. */
export type Builds = Record<Variant, () => Promise<WebAssembly.Module>>;

/** @param load imports a generated file */
export function compileOnce(load: () => Promise<{ default: string }>) {
  return startOnce(async () => WebAssembly.compile(await unpack((await load()).default)));
}

/** Compiles the build that fits the heap's memory and the engine. */
export function buildFor(builds: Builds, { threaded }: Heap): Promise<WebAssembly.Module> {
  const memory = threaded ? 'threaded' : 'single';
  const variant: Variant = knowsFusedProducts() ? `fused-${memory}` : memory;
  return builds[variant]();
}
