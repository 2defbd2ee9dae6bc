/** The heap memory of a loss: records, ground truth, matches and scratch. */

import { Batch, Module } from '../../kernels/generated/abi.ts';
import { float32View, type Heap } from '../../kernels/heap.ts';
import { writeRecord } from '../../kernels/heap-records.ts';
import type { TrainingKernels } from '../../kernels/training/training-kernels.ts';
import { GrowingBuffer } from '../../kernels/workspace.ts';
import { logit } from '../../logit.ts';
import { BOX_LOSSES, type LossOptions } from './loss-options.ts';
import type { Truth } from './truth.ts';

/** Step in which the space for boxes grows, so that it is stable after a few batches. */
const BOX_STEP = 256;
const BYTES_PER_BOX = 16 + 4;

export class LossMemory {
  readonly heap: Heap;
  /** Address of the batch record, the argument of the kernels. */
  readonly batch: number;
  readonly arm: number;
  readonly odm: number;
  readonly #kernels: TrainingKernels;
  readonly #anchorCount: number;
  readonly #classes: number;
  readonly #anchors: number;
  readonly #truth: GrowingBuffer;
  readonly #matches: GrowingBuffer;
  readonly #scratch: GrowingBuffer;

  /** @param classes object classes and background */
  constructor(kernels: TrainingKernels, anchors: Float32Array, classes: number) {
    const { heap } = kernels;
    this.#kernels = kernels;
    this.heap = heap;
    this.#anchorCount = anchors.length / 4;
    this.#classes = classes;
    this.batch = heap.malloc(Batch.bytes + 2 * Module.bytes);
    this.arm = this.batch + Batch.bytes;
    this.odm = this.arm + Module.bytes;
    this.#anchors = heap.malloc(anchors.byteLength);
    float32View(heap, this.#anchors, anchors.length).set(anchors);
    this.#truth = new GrowingBuffer(heap);
    this.#matches = new GrowingBuffer(heap);
    this.#scratch = new GrowingBuffer(heap);
  }

  /**
   * Writes the batch record and the ground truth, and reserves memory for matches and scratch.
   * @returns addresses of the matches of both modules
   */
  prepare(truths: readonly Truth[], options: LossOptions): { arm: number; odm: number } {
    const images = truths.length;
    const counts = truths.map(({ classIds }) => classIds.length);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const room = Math.ceil((total + 1) / BOX_STEP) * BOX_STEP;
    const boxes = this.#truth.reserve(room * BYTES_PER_BOX + 4 * (images + 1));
    const starts = boxes + 16 * room;
    const labels = starts + 4 * (images + 1);
    const most = Math.ceil((Math.max(0, ...counts) + 1) / BOX_STEP) * BOX_STEP;
    const scratchBytes =
      this.#kernels.lossScratchBytes(this.#anchorCount, most, this.#classes) >>> 0;
    const matchBytes = images * this.#matchStride;
    const matches = this.#matches.reserve(2 * matchBytes);
    writeRecord(this.heap, this.batch, Batch, {
      arm: this.arm,
      odm: this.odm,
      anchors: this.#anchors,
      count: this.#anchorCount,
      images,
      boxes,
      labels,
      starts,
      refineAnchors: Number(options.refineAnchors),
      boxLoss: BOX_LOSSES.indexOf(options.boxLoss),
      overlapTargets: Number(options.overlapTargets),
      objectnessMargin: logit(options.objectnessThreshold),
      negativeRatio: options.negativeRatio,
      scratch: this.#scratch.reserve(scratchBytes),
    });
    this.#writeTruth(truths, { boxes, labels, starts });
    return { arm: matches, odm: matches + matchBytes };
  }

  /** Copies the matches from an address: i32 [images, N]. */
  readMatches(pointer: number, images: number): Int32Array {
    const matches = new Int32Array(images * this.#anchorCount);
    for (let i = 0; i < images; i++) {
      const row = new Int32Array(
        this.heap.memory.buffer,
        pointer + i * this.#matchStride,
        this.#anchorCount,
      );
      matches.set(row, i * this.#anchorCount);
    }
    return matches;
  }

  dispose(): void {
    this.heap.free(this.batch);
    this.heap.free(this.#anchors);
    this.#truth.dispose();
    this.#matches.dispose();
    this.#scratch.dispose();
  }

  /** Same as strideOf in assembly/loss-parameters.ts. */
  get #matchStride(): number {
    return 16 * Math.ceil(this.#anchorCount / 4);
  }

  #writeTruth(
    truths: readonly Truth[],
    at: { boxes: number; labels: number; starts: number },
  ): void {
    const { buffer } = this.heap.memory;
    const starts = new Int32Array(buffer, at.starts, truths.length + 1);
    let next = 0;
    truths.forEach(({ boxes, classIds, ignored }, i) => {
      starts[i] = next;
      new Float32Array(buffer, at.boxes + 16 * next, boxes.length).set(boxes);
      const labels = new Int32Array(buffer, at.labels + 4 * next, classIds.length);
      classIds.forEach((classId, g) => {
        labels[g] = ignored[g] ? 0 : classId + 1;
      });
      next += classIds.length;
    });
    starts[truths.length] = next;
  }
}
