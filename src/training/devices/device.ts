/**
 * Runs a replica's network. On every device, images, losses and the optimizer are in the wasm heap:
 * the device gets addresses there and writes its results there.
 */
import type { HeadMap } from '../../heads.ts';
import type { Graph } from '../../model/graph.ts';
import type { Parameter } from '../memory/parameter-layout.ts';

export interface Device {
  /** Created once per input size and number of images. */
  slot(size: SlotSize): Slot;
  dispose(): void;
}

export interface SlotSize {
  /** Number of images, B. */
  images: number;
  /** Side of the input in pixels. */
  side: number;
  /** Number of anchors per image, N. */
  anchors: number;
}

/** Heap memory for a slice of a batch, and the passes through the network. */
export interface Slot {
  /** Address of the input, [B, side, side, 3], normalized. */
  readonly input: number;
  /** Addresses for the gradients of the heads. */
  readonly gradients: HeadMap<number>;
  /**
   * Reads the weights of the tensors that are not frozen and runs the network on the input.
   * @param weights weights in the parameter layout
   * @param frozen names of layers
   * @throws BACKEND_UNAVAILABLE when the device has been lost
   */
  forward(weights: Float32Array, frozen: ReadonlySet<string>): Promise<Pass>;
}

/** A slice between its forward and its backward pass. */
export interface Pass {
  /** Addresses of the heads. */
  readonly heads: HeadMap<number>;
  /**
   * Runs the backward pass from the gradients in the slot. This object cannot be used afterwards.
   * @param target receives the gradients of all tensors that are not frozen, in the same layout
   * @throws BACKEND_UNAVAILABLE
   */
  differentiate(target: Float32Array): Promise<void>;
  /** Frees what a backward pass would need, instead of running it. */
  release(): void;
}

/** Makes every layer of a network one that does not learn. */
export function allLayers({ layers }: Graph): ReadonlySet<string> {
  return new Set(layers.map(({ name }) => name));
}

/** The tensors that learn. */
export function learning(
  parameters: readonly Parameter[],
  frozen: ReadonlySet<string>,
): readonly Parameter[] {
  return parameters.filter(({ layer }) => !frozen.has(layer));
}
