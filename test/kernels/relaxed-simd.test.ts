import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { float32View } from '../../src/kernels/heap.ts';
import { LayerHost } from '../../src/kernels/layers/layer-host.ts';
import { knowsFusedProducts } from '../../src/kernels/relaxed-simd.ts';
import { BUILDS, freshKernels } from './helpers.ts';
import {
  convTask,
  depthwiseTask,
  type LayerTask,
  largeConvTask,
  winogradTask,
} from './parallel/tasks.ts';

// Node 20 supports relaxed SIMD only with this flag; this process runs nothing else.
if (!knowsFusedProducts()) setFlagsFromString('--experimental-wasm-relaxed-simd');

afterEach(() => vi.restoreAllMocks());

/** Kernels of the build without fused products, and of the one with them. */
async function bothBuilds(threaded: boolean) {
  const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  const plain = await freshKernels(threaded);
  validate.mockRestore();
  return { plain, fused: await freshKernels(threaded) };
}

function run(host: LayerHost, task: LayerTask): Float32Array {
  const { args, scratchBytes } = task.prepare(host);
  host.run(task.kernel, args, { total: task.total, step: task.total }, scratchBytes);
  const values = float32View(host.kernels.heap, task.output, task.length).slice();
  task.free();
  return values;
}

/** Outputs lie in [-1, 6]. Random points, unlike those of a real filter, increase the rounding. */
const TOLERANCE = 1e-4;

function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

describe.each(BUILDS)('the build with fused products ($build)', ({ threaded }) => {
  it('is used when the engine supports relaxed SIMD', async () => {
    expect(knowsFusedProducts()).toBe(true);
    const { plain, fused } = await bothBuilds(threaded);
    const [a, b] = [plain, fused].map((kernels) =>
      run(new LayerHost(kernels), largeConvTask(kernels)),
    );
    expect(difference(a, b)).toBeLessThan(TOLERANCE);
    // Rounding a product once or twice differs in the last bits.
    expect(a).not.toEqual(b);
  });

  it.each([
    ['convolution', convTask],
    ['Winograd’s convolution', winogradTask],
    ['depthwise convolution', depthwiseTask],
  ] as const)('computes what the other one does, but for rounding: %s', async (_, arbitrary) => {
    const { plain, fused } = await bothBuilds(threaded);
    const hosts = [plain, fused].map((kernels) => new LayerHost(kernels));
    const seeds = fc.integer();
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, b] = hosts.map((host) => {
          const [task] = fc.sample(arbitrary(host.kernels), { seed, numRuns: 1 });
          return run(host, task);
        });
        expect(difference(a, b)).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 40 },
    );
  });
});
