/** The heap memory of one post-process: parameters, class mask, scratch and results. */
import { RefineDetError } from '../errors.ts';
import { type Address, Parameters } from './generated/abi.ts';
import { float32View, type Heap, uint8View } from './heap.ts';
import type { Kernels } from './module.ts';
import type { PostprocessOptions } from './postprocess-options.ts';
import { type PostprocessAddresses, writeParameters } from './postprocess-parameters.ts';

/** Detections without labels and with normalized boxes, best first. */
export interface RawDetections {
  count: number;
  /** [count, 4] x1, y1, x2, y2, normalized, inside [0, 1]. */
  boxes: Float32Array;
  /** [count] */
  scores: Float32Array;
  /** [count]; 0 is the first object class. */
  classIds: Int32Array;
}

const BOX_BYTES = 16;

/** Owns buffers that are allocated at first use and grow only when options need more. */
export class Workspace {
  readonly #kernels: Kernels;
  readonly #heap: Heap;
  readonly #classes: number;
  readonly #parameters: Address;
  readonly #classMask: Address;
  readonly #scratch: GrowingBuffer;
  readonly #results: GrowingBuffer;
  #at: PostprocessAddresses | undefined;

  /** @param classes object classes (K), background not counted */
  constructor(kernels: Kernels, classes: number) {
    this.#kernels = kernels;
    this.#heap = kernels.heap;
    this.#classes = classes;
    this.#parameters = this.#heap.malloc(Parameters.bytes + classes);
    this.#classMask = this.#parameters + Parameters.bytes;
    this.#scratch = new GrowingBuffer(this.#heap);
    this.#results = new GrowingBuffer(this.#heap);
  }

  /**
   * Writes the parameters and reserves memory for scratch and results.
   * @param count number of anchors or candidates (N)
   * @returns address of the parameters, the argument of the kernels
   * @throws INVALID_OPTION, INVALID_ARGUMENT, OUT_OF_MEMORY
   */
  prepare(
    count: number,
    options: PostprocessOptions,
    input: Pick<PostprocessAddresses, 'anchors' | 'levels' | 'levelCount'>,
  ): Address {
    checkCount(count, this.#classes);
    this.#writeClassMask(options.classMask);
    const keepTopK = Math.min(options.keepTopK, count * this.#classes);
    const outBoxes = this.#results.reserve(keepTopK * (BOX_BYTES + 8));
    const at: PostprocessAddresses = {
      ...input,
      count,
      classes: this.#classes,
      classMask: this.#classMask,
      scratch: this.#scratch.pointer,
      outBoxes,
      outScores: outBoxes + keepTopK * BOX_BYTES,
      outClassIds: outBoxes + keepTopK * (BOX_BYTES + 4),
    };
    this.#at = at;
    writeParameters(this.#heap, this.#parameters, at, options);
    const scratch = this.#scratch.reserve(this.#kernels.scratchBytes(this.#parameters) >>> 0);
    if (scratch !== at.scratch) {
      at.scratch = scratch;
      writeParameters(this.#heap, this.#parameters, at, options);
    }
    return this.#parameters;
  }

  /** Copies the detections after the kernel has run. */
  read(count: number): RawDetections {
    const { outBoxes, outScores, outClassIds } = this.#at!;
    return {
      count,
      boxes: float32View(this.#heap, outBoxes, 4 * count).slice(),
      scores: float32View(this.#heap, outScores, count).slice(),
      classIds: new Int32Array(this.#heap.memory.buffer, outClassIds, count).slice(),
    };
  }

  dispose(): void {
    this.#heap.free(this.#parameters);
    this.#scratch.dispose();
    this.#results.dispose();
  }

  #writeClassMask(mask: Uint8Array | undefined): void {
    const view = uint8View(this.#heap, this.#classMask, this.#classes);
    if (mask === undefined) {
      view.fill(1);
      return;
    }
    if (mask.length !== this.#classes) {
      throw new RefineDetError(
        'INVALID_OPTION',
        `classMask must have one byte for each of the ${this.#classes} classes, not ${mask.length}`,
      );
    }
    view.set(mask);
  }
}

/** Limits the count: the 32-bit id of a candidate holds its row above the bits of its class. */
function checkCount(count: number, classes: number): void {
  const most = 2 ** (31 - Math.ceil(Math.log2(classes)));
  if (count > most) {
    throw new RefineDetError(
      'INVALID_ARGUMENT',
      `${count} boxes are more than the ${most} that post-processing can handle at ${classes} classes`,
    );
  }
}

/** One allocation that a larger one replaces on demand; the contents are lost. */
export class GrowingBuffer {
  readonly #heap: Heap;
  #bytes = 0;
  pointer: Address = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Returns the address of at least `bytes` bytes. */
  reserve(bytes: number): Address {
    if (bytes > this.#bytes) {
      this.dispose();
      this.pointer = this.#heap.malloc(bytes);
      this.#bytes = bytes;
    }
    return this.pointer;
  }

  dispose(): void {
    if (this.#bytes > 0) this.#heap.free(this.pointer);
    this.#bytes = 0;
    this.pointer = 0;
  }
}
