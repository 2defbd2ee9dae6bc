/**
 * A tfjs backend besides wasm, usually a GPU. Each step uploads images, weights and gradients of
 * the heads, and downloads heads and gradients, each in one transfer.
 */
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../backend/current.ts';
import {
  ContextLost,
  download,
  onDevice,
  type TfjsBackend,
  type TfjsDevice,
} from '../../backend/tfjs.ts';
import { RefineDetError } from '../../errors.ts';
import { byHead, HEAD_NAMES, type HeadMap, headShapes } from '../../heads.ts';
import { float32View, type Heap } from '../../kernels/heap.ts';
import type { Model } from '../../model/model.ts';
import { type Recording, TrainableNetwork } from '../gradients/trainable-network.ts';
import { layOutParameters, type Parameter } from '../memory/parameter-layout.ts';
import { type Device, learning, type Pass, type Slot, type SlotSize } from './device.ts';

/** A slot's memory: addresses and contents. */
interface Places {
  input: number;
  inputShape: [number, number, number, number];
  headShapes: HeadMap<[number, number, number]>;
  heads: HeadMap<number>;
  gradients: HeadMap<number>;
}

export class GpuDevice implements Device {
  readonly #backend: TfjsBackend['name'];
  readonly #device: TfjsDevice;
  readonly #heap: Heap;
  readonly #numClasses: number;
  readonly #network: TrainableNetwork;
  readonly #parameters: readonly Parameter[];
  readonly #allocated: number[] = [];

  private constructor(backend: TfjsBackend['name'], device: TfjsDevice, model: Model, heap: Heap) {
    this.#backend = backend;
    this.#device = device;
    this.#heap = heap;
    this.#numClasses = model.graph.numClasses;
    this.#parameters = layOutParameters(model.graph).parameters;
    useBackend(backend);
    this.#network = new TrainableNetwork(model.graph, model.weights);
  }

  /** @throws MISSING_DEPENDENCY, BACKEND_UNAVAILABLE */
  static async start(backend: TfjsBackend, model: Model, heap: Heap): Promise<GpuDevice> {
    return new GpuDevice(backend.name, await backend.start(), model, heap);
  }

  slot({ images, side, anchors }: SlotSize): Slot {
    const shapes = headShapes(images, anchors, this.#numClasses);
    const inputShape: Places['inputShape'] = [images, side, side, 3];
    const places: Places = {
      input: this.#allocate(inputShape),
      inputShape,
      headShapes: shapes,
      heads: byHead((name) => this.#allocate(shapes[name])),
      gradients: byHead((name) => this.#allocate(shapes[name])),
    };
    return {
      input: places.input,
      gradients: places.gradients,
      forward: (weights, frozen) => this.#working(() => this.#forward(places, weights, frozen)),
    };
  }

  dispose(): void {
    for (const pointer of this.#allocated) this.#heap.free(pointer);
    // The memory of a lost context no longer exists, and tfjs fails when it frees it.
    if (!this.#device.loss.isRaised) this.#network.dispose();
  }

  async #forward(
    places: Places,
    weights: Float32Array,
    frozen: ReadonlySet<string>,
  ): Promise<Pass> {
    useBackend(this.#backend);
    this.#upload(weights, frozen);
    const input = this.#tensor<tf.Rank.R4>(places.input, places.inputShape);
    const recording = this.#network.record(input, { frozen: (layer) => frozen.has(layer) });
    input.dispose();
    const found = HEAD_NAMES.map((name) => recording.heads[name]);
    const values = await download(this.#device, found);
    HEAD_NAMES.forEach((name, i) => {
      float32View(this.#heap, places.heads[name], values[i].length).set(values[i]);
    });
    return {
      heads: places.heads,
      differentiate: (target) =>
        this.#working(() => this.#differentiate(places, recording, target, frozen)),
      release: () => recording.dispose(),
    };
  }

  async #differentiate(
    places: Places,
    recording: Recording,
    target: Float32Array,
    frozen: ReadonlySet<string>,
  ): Promise<void> {
    useBackend(this.#backend);
    const heads: HeadMap<tf.Tensor3D> = byHead((name) =>
      this.#tensor<tf.Rank.R3>(places.gradients[name], places.headShapes[name]),
    );
    const found = recording.gradients(heads);
    tf.dispose(Object.values(heads));
    const wanted = learning(this.#parameters, frozen);
    const reached = wanted.filter(({ name }) => found.has(name));
    const values = await download(
      this.#device,
      reached.map(({ name }) => found.get(name)!),
    );
    for (const { offset, length } of wanted) target.fill(0, offset, offset + length);
    reached.forEach(({ offset }, i) => {
      target.set(values[i], offset);
    });
  }

  /** The trained tensors with the values that the optimizer has written. */
  #upload(weights: Float32Array, frozen: ReadonlySet<string>): void {
    for (const { name, shape, offset, length } of learning(this.#parameters, frozen)) {
      const value = tf.tensor(weights.slice(offset, offset + length), shape as number[]);
      this.#network.variables.get(name)!.assign(value);
      value.dispose();
    }
  }

  #allocate(shape: number[]): number {
    const pointer = this.#heap.malloc(4 * tf.util.sizeFromShape(shape));
    this.#allocated.push(pointer);
    return pointer;
  }

  #tensor<Rank extends tf.Rank>(pointer: number, shape: tf.ShapeMap[Rank]): tf.Tensor<Rank> {
    const values = float32View(this.#heap, pointer, tf.util.sizeFromShape(shape)).slice();
    return tf.tensor<Rank>(values, shape);
  }

  /** @throws BACKEND_UNAVAILABLE when the device has been lost */
  async #working<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await onDevice(this.#device, work);
    } catch (error) {
      if (!(error instanceof ContextLost)) throw error;
      throw new RefineDetError('BACKEND_UNAVAILABLE', error.message, { cause: error });
    }
  }
}
