/**
 * Where a replica's network runs. Images, losses and the optimizer are in the wasm heap whatever the
 * device: it takes addresses there and leaves its results there.
 */
import type { HeadMap } from '../../heads.ts';
import type { Parameter } from '../memory/parameter-layout.ts';

export interface Device {
  /** Made once for an input size and a number of images. */
  slot(size: SlotSize): Slot;
  dispose(): void;
}

export interface SlotSize {
  /** B. */
  images: number;
  /** Pixels. */
  side: number;
  /** Anchors of an image (N). */
  anchors: number;
}

/** Heap memory for a slice of a batch, and the way through the network from there. */
export interface Slot {
  /** Address for the input, [B, side, side, 3] normalized. */
  readonly input: number;
  /** Addresses for the gradients of the heads. */
  readonly gradients: HeadMap<number>;
  /**
   * Takes the weights of the tensors that are not frozen, and runs the network on the input.
   * @param weights in the places of the parameter layout
   * @param frozen names of layers
   * @throws BACKEND_UNAVAILABLE when the device has been taken away
   */
  forward(weights: Float32Array, frozen: ReadonlySet<string>): Promise<Pass>;
}

/** A slice between its forward and its reverse pass. */
export interface Pass {
  /** Addresses of the heads. */
  readonly heads: HeadMap<number>;
  /**
   * The reverse pass, from the gradients in the slot; ends this object.
   * @param target receives the gradients of all tensors that are not frozen, in the same places
   * @throws BACKEND_UNAVAILABLE
   */
  differentiate(target: Float32Array): Promise<void>;
}

/** The tensors that learn. */
export function learning(
  parameters: readonly Parameter[],
  frozen: ReadonlySet<string>,
): readonly Parameter[] {
  return parameters.filter(({ layer }) => !frozen.has(layer));
}
