/** What the layer kernels share: the compiled code, scratch memory, and tensors of tfjs' wasm backend. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernels } from '../module.ts';
import { GrowingBuffer } from '../workspace.ts';
import {
  type ConvGeometry,
  type DepthwiseGeometry,
  GEOMETRY_BYTES,
  writeConvGeometry,
  writeDepthwiseGeometry,
} from './geometry.ts';

/** Inputs by name; optional ones may be absent. */
export type Inputs = Record<string, TensorInfo>;

/** Carries out one kernel on the current tensors. */
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

  /** Address of a tensor's data; 0 for an absent one. */
  pointer(tensor: TensorInfo | undefined): number {
    return tensor ? this.#backend.getMemoryOffset(tensor.dataId) >>> 0 : 0;
  }

  /** A new tensor, its contents undefined. */
  output(shape: number[]): TensorInfo {
    return this.#backend.makeOutput(shape, 'float32');
  }
}

export class LayerHost {
  readonly kernels: Kernels;
  /** Address of the shape that the last call of a method below has written. */
  readonly shape: number;
  readonly #scratch: GrowingBuffer;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
    this.shape = kernels.heap.malloc(GEOMETRY_BYTES);
    this.#scratch = new GrowingBuffer(kernels.heap);
  }

  /**
   * Writes the shape of a convolution.
   * @returns address of scratch memory for any of its kernels
   */
  prepareConv(geometry: ConvGeometry): number {
    writeConvGeometry(this.kernels.heap, this.shape, geometry);
    return this.#scratch.reserve(this.kernels.convScratch(this.shape) >>> 0);
  }

  /** The same for a depthwise convolution. */
  prepareDepthwise(geometry: DepthwiseGeometry): number {
    writeDepthwiseGeometry(this.kernels.heap, this.shape, geometry);
    return this.#scratch.reserve(this.kernels.depthwiseScratch(this.shape) >>> 0);
  }
}
