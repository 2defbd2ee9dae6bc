/** The wasm backend: every tensor is already in the heap; only weights and gradients are copied. */
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../backend/current.ts';
import { tensorPointer } from '../../backend/wasm.ts';
import { byHead, type HeadMap, headShapes } from '../../heads.ts';
import { float32View, type Heap } from '../../kernels/heap.ts';
import type { Model } from '../../model/model.ts';
import { TrainableNetwork } from '../gradients/trainable-network.ts';
import { layOutParameters, type Parameter } from '../memory/parameter-layout.ts';
import { type Device, learning, type Pass, type Slot, type SlotSize } from './device.ts';

export class HeapDevice implements Device {
  readonly #numClasses: number;
  readonly #heap: Heap;
  readonly #network: TrainableNetwork;
  readonly #parameters: readonly Parameter[];
  /** Tensors of all slots. */
  readonly #tensors: tf.Tensor[] = [];

  /** @param heap heap of the wasm backend, which must be the current one */
  constructor(model: Model, heap: Heap) {
    this.#heap = heap;
    this.#numClasses = model.graph.numClasses;
    this.#network = new TrainableNetwork(model.graph, model.weights);
    this.#parameters = layOutParameters(model.graph).parameters;
  }

  slot({ images, side, anchors }: SlotSize): Slot {
    useBackend('wasm');
    const input = tf.zeros<tf.Rank.R4>([images, side, side, 3]);
    const shapes = headShapes(images, anchors, this.#numClasses);
    const gradients: HeadMap<tf.Tensor3D> = byHead((name) => tf.zeros(shapes[name]));
    this.#tensors.push(input, ...Object.values(gradients));
    return {
      input: tensorPointer(input),
      gradients: pointers(gradients),
      forward: async (weights, frozen) => this.#forward(input, gradients, weights, frozen),
    };
  }

  dispose(): void {
    this.#network.dispose();
    tf.dispose(this.#tensors);
  }

  #forward(
    input: tf.Tensor4D,
    slopes: HeadMap<tf.Tensor3D>,
    weights: Float32Array,
    frozen: ReadonlySet<string>,
  ): Pass {
    useBackend('wasm');
    this.#load(weights, frozen);
    const options = { frozen: (layer: string) => frozen.has(layer) };
    const { heads, gradients, dispose } = this.#network.record(input, options);
    return {
      heads: pointers(heads),
      differentiate: async (target) => {
        useBackend('wasm');
        this.#store(gradients(slopes), target, frozen);
        tf.dispose(Object.values(heads));
      },
      release: () => {
        dispose();
        tf.dispose(Object.values(heads));
      },
    };
  }

  /** The trained tensors with the optimizer's values, copied inside the heap. */
  #load(weights: Float32Array, frozen: ReadonlySet<string>): void {
    for (const { name, offset, length } of learning(this.#parameters, frozen)) {
      const pointer = tensorPointer(this.#network.variables.get(name)!);
      float32View(this.#heap, pointer, length).set(weights.subarray(offset, offset + length));
    }
  }

  /** Copies the gradients of the trained tensors out and disposes the tensors. */
  #store(found: Map<string, tf.Tensor>, target: Float32Array, frozen: ReadonlySet<string>): void {
    for (const { name, offset, length } of learning(this.#parameters, frozen)) {
      const tensor = found.get(name);
      if (tensor) target.set(float32View(this.#heap, tensorPointer(tensor), length), offset);
      else target.fill(0, offset, offset + length);
    }
    tf.dispose([...found.values()]);
  }
}

function pointers(heads: HeadMap<tf.Tensor3D>): HeadMap<number> {
  return byHead((name) => tensorPointer(heads[name]));
}
