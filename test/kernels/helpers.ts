/** Helpers of the kernel tests. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { HeadMap } from '../../src/heads.ts';
import { createHeap, float32View } from '../../src/kernels/heap.ts';
import { type Kernels, loadKernels } from '../../src/kernels/module.ts';
import { PostProcessor, type RawDetections } from '../../src/kernels/postprocess.ts';
import {
  type PostprocessOptions,
  resolvePostprocessOptions,
} from '../../src/kernels/postprocess-options.ts';

/** Both builds of the kernels. */
export const BUILDS = [
  { build: 'plain memory', threaded: false },
  { build: 'shared memory', threaded: true },
];

export function freshKernels(threaded: boolean): Promise<Kernels> {
  return loadKernels(createHeap({ threaded }));
}

/** Copies values into the heap; returns their address. */
export function upload({ heap }: Kernels, values: Float32Array): number {
  const pointer = heap.malloc(values.byteLength);
  float32View(heap, pointer, values.length).set(values);
  return pointer;
}

/** Post-processes one set of heads with a new processor. */
export function runOnce(
  kernels: Kernels,
  heads: HeadMap<Float32Array>,
  anchors: Float32Array,
  classes: number,
  options?: Partial<PostprocessOptions>,
): RawDetections {
  const processor = new PostProcessor(kernels, anchors, classes);
  try {
    return processor.runArrays([heads], resolvePostprocessOptions(options));
  } finally {
    processor.dispose();
  }
}

/** Returns mostly ordinary numbers, sometimes a value that no network should produce. */
export const hostileFloat = fc.oneof(
  { weight: 12, arbitrary: fc.float({ min: -20, max: 20, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 1e-40, -0) },
);

/** Expects the same detections in the same order, with scores and corners within the tolerance. */
export function expectDetections(
  actual: RawDetections,
  expected: RawDetections,
  tolerance = 0,
): void {
  expect(actual.count).toBe(expected.count);
  expect([...actual.classIds]).toEqual([...expected.classIds]);
  expect(actual.boxes).toHaveLength(4 * actual.count);
  expectClose(actual.scores, expected.scores, tolerance);
  expectClose(actual.boxes, expected.boxes, tolerance);
}

export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    if (Number.isNaN(expected[i])) expect(actual[i]).toBeNaN();
    else expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance);
  }
}
