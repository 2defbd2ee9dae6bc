/** Sessions of ONNX Runtime whose maps find no place in the heap; the package is not needed. */
import { describe, expect, it } from 'vitest';
import { type OnnxRuntime, OnnxruntimeSession } from '../../src/engine/onnxruntime-session.ts';
import { RefineDetError } from '../../src/errors.ts';
import { createHeap, type Heap } from '../../src/kernels/heap.ts';
import { randomModel } from '../../support/models/random-model.ts';

/** The input and four heads. */
const BLOCKS = 5;
const MODEL = randomModel(64);
const SIZE = { width: 64, height: 64 };

/** A heap with memory for some blocks, and the addresses of those in use. */
function smallHeap(blocks: number): { heap: Heap; used: Set<number> } {
  const heap = createHeap();
  const used = new Set<number>();
  const malloc = (bytes: number) => {
    if (used.size === blocks) throw new RefineDetError('OUT_OF_MEMORY', 'the heap is full');
    const pointer = heap.malloc(bytes);
    used.add(pointer);
    return pointer;
  };
  return { heap: { ...heap, malloc, free: (pointer) => used.delete(pointer) }, used };
}

/** ONNX Runtime without a network; counts the sessions that are open. */
function countingRuntime(): { runtime: OnnxRuntime; open: () => number } {
  let open = 0;
  const create = async () => {
    open++;
    return { release: async () => open-- };
  };
  return { runtime: { InferenceSession: { create } } as unknown as OnnxRuntime, open: () => open };
}

describe('a session of ONNX Runtime', () => {
  it.each(Array.from({ length: BLOCKS }, (_, blocks) => [blocks]))(
    'ends when the heap has space for %i of its maps, and frees them',
    async (blocks) => {
      const { heap, used } = smallHeap(blocks);
      const { runtime, open } = countingRuntime();
      await expect(OnnxruntimeSession.open(runtime, heap, MODEL, SIZE, {})).rejects.toMatchObject({
        code: 'OUT_OF_MEMORY',
      });
      expect([open(), used.size]).toEqual([0, 0]);
    },
  );

  it('stays with space for all of them, until it is disposed', async () => {
    const { heap, used } = smallHeap(BLOCKS);
    const { runtime, open } = countingRuntime();
    const session = await OnnxruntimeSession.open(runtime, heap, MODEL, SIZE, {});
    expect([open(), used.size]).toEqual([1, BLOCKS]);
    session.dispose();
    expect([open(), used.size]).toEqual([0, 0]);
  });
});
