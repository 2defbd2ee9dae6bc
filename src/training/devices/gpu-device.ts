/**
 * A backend of tfjs beside the heap, mostly a GPU. Each step uploads pictures, weights and gradients of
 * the heads, and downloads heads and gradients, in one transfer each.
 */
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../backend/current.ts';
import { ContextLost, type TfjsBackend, type TfjsDevice } from '../../backend/tfjs.ts';
import { RefineDetError } from '../../errors.ts';
import type { Interruption } from '../../interruption.ts';
import { float32View, type Heap } from '../../kernels/heap.ts';
import type { Model } from '../../model/model.ts';
import { HEAD_NAMES, type Heads } from '../../model/run.ts';
import { type Recording, TrainableNetwork } from '../gradients/network.ts';
import type { BatchHeads } from '../loss.ts';
import { layOutParameters, type Parameter } from '../parameters.ts';
import { type Device, headShapes, learning, mapHeads, type Pass, type Slot } from './device.ts';

interface GpuSlot extends Slot {
  /** Addresses. */
  heads: BatchHeads<number>;
}

export class GpuDevice implements Device {
  readonly #backend: TfjsBackend['name'];
  readonly #heap: Heap;
  readonly #numClasses: number;
  readonly #network: TrainableNetwork;
  readonly #parameters: readonly Parameter[];
  readonly #loss: Interruption;
  readonly #allocated: number[] = [];

  private constructor(backend: TfjsBackend['name'], device: TfjsDevice, model: Model, heap: Heap) {
    this.#backend = backend;
    this.#heap = heap;
    this.#numClasses = model.graph.numClasses;
    this.#parameters = layOutParameters(model.graph).parameters;
    this.#loss = device.loss;
    useBackend(backend);
    this.#network = new TrainableNetwork(model.graph, model.weights);
  }

  /** @throws MISSING_DEPENDENCY, BACKEND_UNAVAILABLE */
  static async start(backend: TfjsBackend, model: Model, heap: Heap): Promise<GpuDevice> {
    return new GpuDevice(backend.name, await backend.start(), model, heap);
  }

  slot(size: Pick<Slot, 'images' | 'side' | 'anchors'>): Slot {
    const shapes = headShapes(size, this.#numClasses);
    const allocate = (shape: readonly number[]) => {
      const pointer = this.#heap.malloc(4 * sizeOf(shape));
      this.#allocated.push(pointer);
      return pointer;
    };
    const heads = () => mapHeads((name) => allocate(shapes[name]));
    const input = allocate([size.images, size.side, size.side, 3]);
    return { ...size, input, gradients: heads(), heads: heads() } as GpuSlot;
  }

  async forward(slot: Slot, weights: Float32Array, frozen: ReadonlySet<string>): Promise<Pass> {
    useBackend(this.#backend);
    this.#upload(weights, frozen);
    const { images, side } = slot;
    const input = this.#tensor<tf.Rank.R4>(slot.input, [images, side, side, 3]);
    const recording = this.#network.record(input, { frozen: (layer) => frozen.has(layer) });
    input.dispose();
    const { heads } = slot as GpuSlot;
    const found = HEAD_NAMES.map((name) => recording.heads[name]);
    const values = await this.#download(found);
    HEAD_NAMES.forEach((name, i) => {
      float32View(this.#heap, heads[name], values[i].length).set(values[i]);
    });
    return {
      heads,
      differentiate: (target) => this.#differentiate(slot, recording, target, frozen),
    };
  }

  dispose(): void {
    for (const pointer of this.#allocated) this.#heap.free(pointer);
    // The memory of a lost context is gone already, and tfjs fails when it frees it.
    if (this.#loss.isRaised) return;
    useBackend(this.#backend);
    this.#network.dispose();
  }

  async #differentiate(
    slot: Slot,
    recording: Recording,
    target: Float32Array,
    frozen: ReadonlySet<string>,
  ): Promise<void> {
    useBackend(this.#backend);
    const shapes = headShapes(slot, this.#numClasses);
    const heads: Heads = mapHeads((name) =>
      this.#tensor<tf.Rank.R3>(slot.gradients[name], shapes[name]),
    );
    const found = recording.gradients(heads);
    tf.dispose(Object.values(heads));
    const wanted = learning(this.#parameters, frozen);
    for (const { offset, length } of wanted) target.fill(0, offset, offset + length);
    const reached = wanted.filter(({ name }) => found.has(name));
    const values = await this.#download(reached.map(({ name }) => found.get(name)!));
    reached.forEach(({ offset }, i) => {
      target.set(values[i], offset);
    });
  }

  /** The trained tensors as the optimiser has left them. */
  #upload(weights: Float32Array, frozen: ReadonlySet<string>): void {
    for (const { name, shape, offset, length } of learning(this.#parameters, frozen)) {
      const value = tf.tensor(weights.slice(offset, offset + length), shape as number[]);
      this.#network.variables.get(name)!.assign(value);
      value.dispose();
    }
  }

  #tensor<Rank extends tf.Rank>(pointer: number, shape: tf.ShapeMap[Rank]): tf.Tensor<Rank> {
    return tf.tensor<Rank>(float32View(this.#heap, pointer, sizeOf(shape)).slice(), shape);
  }

  /** Values of tensors, in one transfer; the tensors are disposed. */
  async #download(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
    const sizes = tensors.map(({ size }) => size);
    const joined = tf.tidy(() => tf.concat1d(tensors.map((tensor) => tf.reshape(tensor, [-1]))));
    tf.dispose([...tensors]);
    try {
      const values = (await this.#loss.during(joined.data())) as Float32Array;
      let end = 0;
      return sizes.map((size) => {
        end += size;
        return values.subarray(end - size, end);
      });
    } catch (error) {
      if (!(error instanceof ContextLost)) throw error;
      throw new RefineDetError('BACKEND_UNAVAILABLE', error.message, { cause: error });
    } finally {
      if (!this.#loss.isRaised) joined.dispose();
    }
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
