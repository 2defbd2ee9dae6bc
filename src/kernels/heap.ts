/**
 * The linear memory that tensors and kernels share. On the wasm backend it is the backend's own heap;
 * elsewhere (GPU backends, tests, the standalone `postprocess()`) {@link createHeap} makes it.
 */
import { RefineDetError } from '../errors.ts';
import type { Address } from './generated/abi.ts';

export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** Whether the memory is shared between threads: decides which build of the kernels fits. */
  readonly threaded: boolean;
  /**
   * Allocates `bytes` bytes, aligned to at least 8, and returns their address, which may exceed 2 GiB and
   * is never 0. Growing the memory detaches all earlier views.
   * @throws OUT_OF_MEMORY
   */
  malloc(bytes: number): Address;
  free(pointer: number): void;
}

/** Returns a view of `length` elements at an address. Create it again after any allocation. */
export function float32View(heap: Heap, pointer: number, length: number): Float32Array {
  return new Float32Array(heap.memory.buffer, pointer, length);
}

export function uint32View(heap: Heap, pointer: number, length: number): Uint32Array {
  return new Uint32Array(heap.memory.buffer, pointer, length);
}

export function uint8View(heap: Heap, pointer: number, length: number): Uint8Array {
  return new Uint8Array(heap.memory.buffer, pointer, length);
}

const PAGE_BYTES = 65536;
const MAX_PAGES = 65536;
const ALIGNMENT = 16;

/**
 * Creates a standalone heap: first fit over the free blocks in address order, with neighbors merged.
 * Suits a few long-lived buffers, not thousands of small ones.
 * @param options.threaded shared memory; default false
 * @param options.maximumPages limit of growth in 64 KiB pages; default and maximum 65,536 (4 GiB)
 */
export function createHeap(options: { threaded?: boolean; maximumPages?: number } = {}): Heap {
  const { threaded = false, maximumPages = MAX_PAGES } = options;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages, shared: threaded });
  const used = new Map<number, number>(); // address -> bytes
  // Address 0 is never returned, because it means "none" to the kernels.
  const blocks: Block[] = [{ start: ALIGNMENT, end: PAGE_BYTES }];

  function malloc(bytes: number): number {
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    const index = blocks.findIndex((block) => block.end - block.start >= size);
    if (index < 0) {
      grow(size);
      return malloc(bytes);
    }
    const block = blocks[index];
    const pointer = block.start;
    block.start += size;
    if (block.start === block.end) blocks.splice(index, 1);
    used.set(pointer, size);
    return pointer;
  }

  function grow(size: number): void {
    const end = memory.buffer.byteLength;
    const last = blocks.at(-1);
    const spare = last?.end === end ? end - last.start : 0;
    const pages = Math.ceil((size - spare) / PAGE_BYTES);
    try {
      memory.grow(pages);
    } catch (cause) {
      throw new RefineDetError('OUT_OF_MEMORY', `the heap cannot hold ${size} more bytes`, {
        cause,
      });
    }
    release({ start: end, end: end + pages * PAGE_BYTES });
  }

  function release(block: Block): void {
    const found = blocks.findIndex(({ start }) => start > block.start);
    const index = found < 0 ? blocks.length : found;
    blocks.splice(index, 0, block);
    if (blocks[index + 1]?.start === block.end) {
      block.end = blocks[index + 1].end;
      blocks.splice(index + 1, 1);
    }
    if (blocks[index - 1]?.end === block.start) {
      blocks[index - 1].end = block.end;
      blocks.splice(index, 1);
    }
  }

  function free(pointer: number): void {
    const size = used.get(pointer);
    if (size === undefined) return;
    used.delete(pointer);
    release({ start: pointer, end: pointer + size });
  }

  return { memory, threaded, malloc, free };
}

/** Free bytes [start, end). */
interface Block {
  start: number;
  end: number;
}
