/** The wasm backend: every tensor is in the heap already, nothing is copied but weights and gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../backend/current.ts';
import { tensorPointer } from '../../backend/wasm.ts';
import { float32View, type Heap } from '../../kernels/heap.ts';
import type { Model } from '../../model/model.ts';
import type { Heads } from '../../model/run.ts';
import { TrainableNetwork } from '../gradients/network.ts';
import type { BatchHeads } from '../loss.ts';
import { layOutParameters, type Parameter } from '../parameters.ts';
import { type Device, headShapes, learning, mapHeads, type Pass, type Slot } from './device.ts';

interface HeapSlot extends Slot {
  tensors: { input: tf.Tensor4D; gradients: Heads };
}

export class HeapDevice implements Device {
  readonly #numClasses: number;
  readonly #heap: Heap;
  readonly #network: TrainableNetwork;
  readonly #parameters: readonly Parameter[];
  readonly #slots: HeapSlot[] = [];

  /** @param heap of the wasm backend, which is the current one */
  constructor(model: Model, heap: Heap) {
    this.#numClasses = model.graph.numClasses;
    this.#heap = heap;
    this.#network = new TrainableNetwork(model.graph, model.weights);
    this.#parameters = layOutParameters(model.graph).parameters;
  }

  slot(size: Pick<Slot, 'images' | 'side' | 'anchors'>): Slot {
    useBackend('wasm');
    const input = tf.zeros<tf.Rank.R4>([size.images, size.side, size.side, 3]);
    const shapes = headShapes(size, this.#numClasses);
    const gradients: Heads = mapHeads((name) => tf.zeros(shapes[name]));
    const slot: HeapSlot = {
      ...size,
      input: tensorPointer(input),
      gradients: pointers(gradients),
      tensors: { input, gradients },
    };
    this.#slots.push(slot);
    return slot;
  }

  async forward(slot: Slot, weights: Float32Array, frozen: ReadonlySet<string>): Promise<Pass> {
    useBackend('wasm');
    const { tensors } = slot as HeapSlot;
    this.#load(weights, frozen);
    const { heads, gradients } = this.#network.record(tensors.input, {
      frozen: (layer) => frozen.has(layer),
    });
    return {
      heads: pointers(heads),
      differentiate: async (target) => {
        useBackend('wasm');
        this.#store(gradients(tensors.gradients), target, frozen);
        tf.dispose(Object.values(heads));
      },
    };
  }

  dispose(): void {
    this.#network.dispose();
    for (const { tensors } of this.#slots) {
      tf.dispose([tensors.input, ...Object.values(tensors.gradients)]);
    }
  }

  /** The trained tensors as the optimiser has left them, straight into the heap. */
  #load(weights: Float32Array, frozen: ReadonlySet<string>): void {
    for (const { name, offset, length } of learning(this.#parameters, frozen)) {
      const pointer = tensorPointer(this.#network.variables.get(name)!);
      float32View(this.#heap, pointer, length).set(weights.subarray(offset, offset + length));
    }
  }

  /** Copies the gradients of the trained tensors out and disposes them. */
  #store(found: Map<string, tf.Tensor>, target: Float32Array, frozen: ReadonlySet<string>): void {
    for (const { name, offset, length } of learning(this.#parameters, frozen)) {
      const tensor = found.get(name);
      if (tensor) target.set(float32View(this.#heap, tensorPointer(tensor), length), offset);
      else target.fill(0, offset, offset + length);
    }
    tf.dispose([...found.values()]);
  }
}

function pointers(heads: Heads): BatchHeads<number> {
  return mapHeads((name) => tensorPointer(heads[name]));
}
