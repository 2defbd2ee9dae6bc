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
import { PANEL_COLUMNS, type Parts } from './parts.ts';

/** Bytes of a row of a panel. */
export const PANEL_STEP = 4 * PANEL_COLUMNS;

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

  /** Creates a tensor for a packed matrix [depth, columns] with a row of biases. */
  panels(columns: number, depth: number) {
    const packed = this.output([Math.ceil(columns / PANEL_COLUMNS), 1 + depth, PANEL_COLUMNS]);
    const start = this.pointer(packed);
    return { packed, start, body: start + PANEL_STEP, panelBytes: PANEL_STEP * (1 + depth) };
  }

  /** Creates a tensor with undefined contents. */
  output(shape: number[], dtype: 'float32' | 'bool' = 'float32'): TensorInfo {
    return this.#backend.makeOutput(shape, dtype);
  }
}

export class LayerHost<K extends Kernels = Kernels> {
  readonly kernels: K;
  /** Address of the shape that the last `write…` call has written. */
  readonly shape: Address;
  readonly #scratch: GrowingBuffer;
  readonly #team: Team | undefined;

  /** @param team threads on the memory of the kernels; absent: one thread */
  constructor(kernels: K, team?: Team) {
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
  run<P extends ParallelKernel>(
    kernel: P,
    args: TaskArguments<P>,
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

  /** Writes the shape of a depthwise convolution. */
  writeDepthwise(geometry: DepthwiseGeometry): void {
    writeRecord(this.kernels.heap, this.shape, DepthwiseShape, geometry);
  }
}
