/** Shared parts of the layer kernels: compiled code, scratch memory, and tensors of tfjs' wasm backend. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Address, ConvShape, DepthwiseShape } from '../generated/abi.ts';
import { writeRecord } from '../heap-records.ts';
import type { Kernels } from '../module.ts';
import type { ParallelKernel, TaskArguments } from '../parallel/board.ts';
import type { Team } from '../parallel/team.ts';
import { GrowingBuffer } from '../workspace.ts';
import type { ConvGeometry, DepthwiseGeometry } from './layer-geometry.ts';
import type { Parts } from './parts.ts';

/** Inputs by name; optional ones may be absent. */
export type Inputs = Record<string, TensorInfo>;

/** Runs one kernel on the current tensors. */
export type LayerKernel<Attributes> = (
  inputs: Inputs,
  attributes: Attributes,
  tensors: Tensors,
) => TensorInfo | TensorInfo[];

/** Tensors of one backend. */
export class Tensors {
  readonly #backend: BackendWasm;

  constructor(backend: BackendWasm) {
    this.#backend = backend;
  }

  /** Returns the address of a tensor's data, or 0 for an absent tensor. */
  pointer(tensor: TensorInfo | undefined): Address {
    return tensor ? this.#backend.getMemoryOffset(tensor.dataId) >>> 0 : 0;
  }

  /** Returns the addresses of several tensors. */
  pointers<T extends readonly (TensorInfo | undefined)[]>(...tensors: T) {
    return tensors.map((tensor) => this.pointer(tensor)) as { [I in keyof T]: Address };
  }

  /** Creates a tensor with undefined contents. */
  output(shape: number[], dtype: 'float32' | 'bool' = 'float32'): TensorInfo {
    return this.#backend.makeOutput(shape, dtype);
  }
}

export class LayerHost {
  readonly kernels: Kernels;
  /** Address of the shape that the last `write…` or `prepare…` call has written. */
  readonly shape: Address;
  readonly #scratch: GrowingBuffer;
  readonly #team: Team | undefined;

  /** @param team threads on the memory of the kernels; absent: one thread */
  constructor(kernels: Kernels, team?: Team) {
    this.kernels = kernels;
    this.#team = team;
    this.shape = kernels.heap.malloc(Math.max(ConvShape.bytes, DepthwiseShape.bytes));
    this.#scratch = new GrowingBuffer(kernels.heap);
  }

  /** Number of threads that {@link run} uses. */
  get threads(): number {
    return this.#team?.threads ?? 1;
  }

  /**
   * Runs a kernel on all threads.
   * @param args arguments before from, to and scratch
   * @param scratchBytes scratch bytes of one thread
   * @throws LateThread when a thread may still write to memory of this host and of the output
   */
  run<K extends ParallelKernel>(
    kernel: K,
    args: TaskArguments<K>,
    { total, step }: Parts,
    scratchBytes = 0,
  ): void {
    const parts = Math.ceil(total / step);
    const scratch = this.#scratch.reserve(scratchBytes * (parts > 1 ? this.threads : 1));
    const task = { kernel, args, total, step, scratch, scratchBytes };
    if (parts > 1 && this.#team?.run(task)) return;
    const whole: (...args: number[]) => void = this.kernels[kernel];
    whole(...args, 0, total, scratch);
  }

  /** Returns the address of scratch memory for a kernel that runs on one thread. */
  scratch(bytes: number): Address {
    return this.#scratch.reserve(bytes);
  }

  /** Writes the shape of a convolution. */
  writeConv(geometry: ConvGeometry): void {
    writeRecord(this.kernels.heap, this.shape, ConvShape, geometry);
  }

  /**
   * Writes the shape of a convolution for a gradient.
   * @returns address of scratch memory for its kernel
   */
  prepareConv(geometry: ConvGeometry): Address {
    this.writeConv(geometry);
    return this.#scratch.reserve(this.kernels.convScratch(this.shape) >>> 0);
  }

  /** Writes the shape of a depthwise convolution. */
  writeDepthwise(geometry: DepthwiseGeometry): void {
    writeRecord(this.kernels.heap, this.shape, DepthwiseShape, geometry);
  }

  /** Writes the shape of a depthwise convolution for a gradient; returns the same as {@link prepareConv}. */
  prepareDepthwise(geometry: DepthwiseGeometry): Address {
    this.writeDepthwise(geometry);
    return this.#scratch.reserve(this.kernels.depthwiseScratch(this.shape) >>> 0);
  }
}
