import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap, float32View, uint8View } from '../../src/kernels/heap.ts';

describe.each([false, true])('createHeap (shared memory: %s)', (threaded) => {
  it('returns aligned blocks that never overlap and never hold address 0', () => {
    const step = fc.record({ bytes: fc.integer({ min: 0, max: 50_000 }), free: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = createHeap({ threaded });
        const live: { pointer: number; bytes: number }[] = [];
        for (const { bytes, free } of steps) {
          if (free && live.length > 0) heap.free(live.splice(bytes % live.length, 1)[0].pointer);
          const pointer = heap.malloc(bytes);
          expect(pointer).toBeGreaterThan(0);
          expect(pointer % 16).toBe(0);
          expect(pointer + bytes).toBeLessThanOrEqual(heap.memory.buffer.byteLength);
          for (const other of live) {
            const apart =
              pointer + bytes <= other.pointer || other.pointer + other.bytes <= pointer;
            expect(apart).toBe(true);
          }
          live.push({ pointer, bytes });
        }
      }),
    );
  });

  it('reuses and merges freed blocks', () => {
    const heap = createHeap({ threaded });
    const pointers = Array.from({ length: 20 }, () => heap.malloc(40_000));
    const size = heap.memory.buffer.byteLength;
    for (const pointer of [...pointers.slice(10), ...pointers.slice(0, 10)]) heap.free(pointer);
    expect(heap.malloc(20 * 40_000)).toBe(pointers[0]);
    expect(heap.memory.buffer.byteLength).toBe(size);
  });

  it('keeps contents when it grows', () => {
    const heap = createHeap({ threaded });
    const pointer = heap.malloc(16);
    float32View(heap, pointer, 4).fill(2.5);
    heap.malloc(1e6);
    expect([...float32View(heap, pointer, 4)]).toEqual([2.5, 2.5, 2.5, 2.5]);
    expect(uint8View(heap, pointer, 16)).toHaveLength(16);
  });

  it('fails with OUT_OF_MEMORY when it cannot grow', () => {
    const heap = createHeap({ threaded, maximumPages: 4 });
    const pointer = heap.malloc(3 * 65_536);
    const error = expect.objectContaining({ code: 'OUT_OF_MEMORY' });
    expect(() => heap.malloc(2 * 65_536)).toThrow(error);
    heap.free(pointer);
    expect(heap.malloc(2 * 65_536)).toBe(pointer);
  });

  it('ignores a second free of the same block', () => {
    const heap = createHeap({ threaded });
    const pointer = heap.malloc(64);
    heap.free(pointer);
    heap.free(pointer);
    expect(heap.malloc(64)).toBe(pointer);
    expect(heap.malloc(64)).not.toBe(pointer);
  });
});
