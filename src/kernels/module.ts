/** Instantiates the compiled kernels (assembly/) on the memory of a heap. */
import { unpack } from '../embedded.ts';
import type { Heap } from './heap.ts';
import type { LayerExports } from './layers/exports.ts';
import { knowsFusedProducts } from './relaxed-simd.ts';

/** The exports of assembly/index.ts; addresses may exceed 2 GiB, and come back as signed numbers. */
export interface KernelExports extends LayerExports {
  anchorLevel(
    anchors: number,
    shapes: number,
    anchorsPerCell: number,
    rows: number,
    columns: number,
    stepX: number,
    stepY: number,
    clip: number,
  ): number;
  filterNegatives(armConf: number, count: number, margin: number, survivors: number): number;
  resizeScratchBytes(width: number): number;
  beginResize(resize: number): void;
  resizeToFloat(
    resize: number,
    from: number,
    to: number,
    target: number,
    normalization: number,
  ): void;
  resizeToBytes(resize: number, from: number, to: number, target: number): void;
  softmaxRows(input: number, output: number, rows: number, columns: number): void;
  scratchBytes(parameters: number): number;
  postprocess(parameters: number): number;
  mergeCandidates(parameters: number, boxes: number, scores: number, classIds: number): number;
  lossScratchBytes(anchors: number, boxes: number): number;
  matchBatch(batch: number): void;
  lossBatch(batch: number): void;
  paintTile(tile: number): void;
  sumOfSquares(values: number, count: number): number;
  addScaled(sum: number, values: number, count: number, scale: number): void;
  moveAverage(average: number, values: number, count: number, rate: number): void;
  sgdStep(
    weights: number,
    gradients: number,
    velocities: number,
    count: number,
    rate: number,
    momentum: number,
    decay: number,
    scale: number,
  ): void;
  adamwStep(
    weights: number,
    gradients: number,
    first: number,
    second: number,
    count: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    decay: number,
    scale: number,
    correction1: number,
    correction2: number,
  ): void;
}

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
