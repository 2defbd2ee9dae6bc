import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { uint8View } from '../../../src/kernels/heap.ts';
import { LayerHost } from '../../../src/kernels/layers/layer-host.ts';
import type { Kernels } from '../../../src/kernels/module.ts';
import { Team } from '../../../src/kernels/parallel/team.ts';
import { knowsFusedProducts } from '../../../src/kernels/relaxed-simd.ts';
import { quantizeFloats } from '../../../support/reference/reference-bytes.ts';
import { freshKernels, upload } from '../helpers.ts';
import { type ByteTask, byteConvTask, byteDepthwiseTask } from './byte-tasks.ts';

// Node 20 supports relaxed SIMD only with this flag; this process runs nothing else.
if (!knowsFusedProducts()) setFlagsFromString('--experimental-wasm-relaxed-simd');

const TASKS = [
  ['convolution, cut into pixels', (kernels: Kernels) => byteConvTask(kernels)],
  ['convolution, cut into panels', (kernels: Kernels) => byteConvTask(kernels, true)],
  ['depthwise convolution', byteDepthwiseTask],
] as const;

/** A byte that stays where a kernel does not write. */
const UNTOUCHED = 0xa5;

function run(host: LayerHost, task: ByteTask, step = task.total): Uint8Array {
  const { args, scratchBytes } = task.prepare(host);
  const bytes = () => uint8View(host.kernels.heap, task.output, 4 * task.length);
  bytes().fill(UNTOUCHED);
  host.run(task.kernel, args, { total: task.total, step }, scratchBytes);
  const found = bytes().slice();
  expect(found.subarray(task.expected.length).every((byte) => byte === UNTOUCHED)).toBe(true);
  return found.slice(0, task.expected.length);
}

describe.each([
  { build: 'plain SIMD', isFused: false },
  { build: 'relaxed SIMD', isFused: true },
])('8-bit kernels of the build with $build', ({ isFused }) => {
  let kernels: Kernels;
  let team: Team;
  beforeAll(async () => {
    const validate = vi.spyOn(WebAssembly, 'validate').mockReturnValue(isFused);
    kernels = await freshKernels(true);
    team = await Team.start(kernels, { threads: 2, warn: expect.unreachable });
    validate.mockRestore();
  });
  afterAll(() => team.dispose());

  it.each(TASKS)('return the bits of the reference on one thread: %s', (_, arbitrary) => {
    const host = new LayerHost(kernels);
    fc.assert(
      fc.property(arbitrary(kernels), (task) => {
        const found = run(host, task);
        task.free();
        expect(found).toEqual(task.expected);
      }),
      { numRuns: 150 },
    );
  });

  it.each(TASKS)('return them however two threads share the work: %s', (_, arbitrary) => {
    const host = new LayerHost(kernels, team);
    fc.assert(
      fc.property(arbitrary(kernels), fc.integer({ min: 1, max: 20 }), (task, step) => {
        const found = run(host, task, step);
        task.free();
        expect(found).toEqual(task.expected);
      }),
      { numRuns: 80 },
    );
  });

  it('quantize floats: halves to even, saturated, not a number to 0', () => {
    const special = [0.5, 1.5, -0.5, -2.5, 127.5, 1e30, -1e30, Number.NaN, Infinity, -Infinity];
    const value = fc.oneof(fc.constantFrom(...special), fc.float({ min: -200, max: 200 }));
    const samples = fc.array(value, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(samples, fc.constantFrom(1, 0.25, 126.5), (values, inverse) => {
        const x = Float32Array.from(values);
        const source = upload(kernels, x);
        const target = kernels.heap.malloc(x.length);
        kernels.quantizeFloats(source, target, x.length, inverse);
        const found = uint8View(kernels.heap, target, x.length).slice();
        kernels.heap.free(source);
        kernels.heap.free(target);
        expect(new Int8Array(found.buffer)).toEqual(quantizeFloats(x, inverse));
      }),
    );
  });
});
