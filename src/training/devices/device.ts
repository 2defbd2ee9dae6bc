/**
 * Where a replica's network runs. Pictures, losses and the optimiser are in the wasm heap whatever the
 * device: it takes addresses there and leaves its results there.
 */
import type { BatchHeads } from '../loss.ts';
import type { Parameter } from '../parameters.ts';

/** Heap memory of one input size and number of images (B), made once. */
export interface Slot {
  images: number;
  /** Pixels. */
  side: number;
  /** Anchors of an image (N). */
  anchors: number;
  /** Address of the input, [B, side, side, 3] normalised. */
  input: number;
  /** Addresses for the gradients of the heads. */
  gradients: BatchHeads<number>;
}

/** A slice between its forward and its reverse pass. */
export interface Pass {
  /** Addresses of the heads. */
  heads: BatchHeads<number>;
  /**
   * The reverse pass, from the gradients in the slot; ends this object.
   * @param target receives the gradients of all tensors that are not frozen, in the layout's places
   */
  differentiate(target: Float32Array): Promise<void>;
}

export interface Device {
  slot(size: Pick<Slot, 'images' | 'side' | 'anchors'>): Slot;
  /**
   * Takes the weights of the tensors that are not frozen, and runs the network on the slot's input.
   * @param weights in the layout's places
   */
  forward(slot: Slot, weights: Float32Array, frozen: ReadonlySet<string>): Promise<Pass>;
  dispose(): void;
}

/** The tensors that learn. */
export function learning(
  parameters: readonly Parameter[],
  frozen: ReadonlySet<string>,
): readonly Parameter[] {
  return parameters.filter(({ layer }) => !frozen.has(layer));
}

/** Shapes of the heads of a slot. */
export function headShapes(
  { images, anchors }: Pick<Slot, 'images' | 'anchors'>,
  numClasses: number,
): BatchHeads<[number, number, number]> {
  return {
    armLoc: [images, anchors, 4],
    armConf: [images, anchors, 2],
    odmLoc: [images, anchors, 4],
    odmConf: [images, anchors, numClasses],
  };
}

export function mapHeads<T>(make: (name: keyof BatchHeads<T>) => T): BatchHeads<T> {
  return {
    armLoc: make('armLoc'),
    armConf: make('armConf'),
    odmLoc: make('odmLoc'),
    odmConf: make('odmConf'),
  };
}
