/** The buffers that trainer and replicas share: weights, their average, and one gradient per replica. */
import { createHeap, float32View, type Heap } from '../../kernels/heap.ts';
import {
  loadTrainingKernels,
  type TrainingKernels,
} from '../../kernels/training/training-kernels.ts';
import type { Weights } from '../../model/graph.ts';
import type { SharedPlaces } from '../data-parallel/remote-replica.ts';
import type { SharedBuffers } from '../data-parallel/replica-protocol.ts';
import { WeightAverage } from '../optimizers/weight-average.ts';
import { type ParameterLayout, paddedLength, writeWeights } from './parameter-layout.ts';

export class TrainingMemory {
  readonly kernels: TrainingKernels;
  readonly layout: ParameterLayout;
  readonly average: WeightAverage;
  /** Address of the weights. */
  readonly weights: number;
  /** Addresses of the gradients, one per replica. */
  readonly gradients: readonly number[];
  #accumulated: number | undefined;

  private constructor(
    kernels: TrainingKernels,
    layout: ParameterLayout,
    initial: Weights,
    replicas: number,
    averageDecay: number,
  ) {
    this.kernels = kernels;
    this.layout = layout;
    this.weights = this.#allocate();
    writeWeights(this.view(this.weights), layout, initial);
    this.gradients = Array.from({ length: replicas }, () => this.#allocate());
    this.average = new WeightAverage(kernels, this.weights, layout.length, averageDecay);
  }

  /**
   * @param shared whether replicas run in other threads
   * @throws OUT_OF_MEMORY, WEIGHTS_MISMATCH
   */
  static async create(
    layout: ParameterLayout,
    initial: Weights,
    { replicas, shared, averageDecay }: { replicas: number; shared: boolean; averageDecay: number },
  ): Promise<TrainingMemory> {
    const kernels = await loadTrainingKernels(createHeap({ threaded: shared }));
    return new TrainingMemory(kernels, layout, initial, replicas, averageDecay);
  }

  get heap(): Heap {
    return this.kernels.heap;
  }

  view(pointer: number): Float32Array {
    return float32View(this.heap, pointer, this.layout.length);
  }

  /** The buffers from the view of a replica in this thread. */
  local(replica: number): SharedBuffers {
    return {
      weights: () => this.view(this.weights),
      gradients: () => this.view(this.gradients[replica]),
      averages: () => this.view(this.average.pointer),
    };
  }

  /** The buffers from the view of a replica in another thread. */
  places(replica: number): SharedPlaces {
    return {
      memory: this.heap.memory.buffer as unknown as SharedArrayBuffer,
      length: this.layout.length,
      weights: this.weights,
      gradients: this.gradients[replica],
      averages: this.average.pointer,
    };
  }

  /**
   * Adds up the gradients of all replicas, always in the same order.
   * @param learns whether a layer's gradients are needed
   * @param isFirst whether to start a new sum
   * @param batches number of batches to add up before the next step
   */
  sumGradients(learns: (layer: string) => boolean, isFirst: boolean, batches: number): void {
    // With one batch per step, the first replica's buffer holds the sum.
    const [first, ...others] = this.gradients;
    if (batches > 1) this.#accumulated ??= this.#allocate();
    const sum = this.#accumulated ?? first;
    const terms = this.#accumulated === undefined ? others : this.gradients;
    for (const { layer, offset, length } of this.layout.parameters) {
      if (!learns(layer)) continue;
      const at = 4 * offset;
      if (isFirst && sum !== first) this.view(sum).fill(0, offset, offset + length);
      for (const term of terms) {
        this.kernels.addScaled(sum + at, term + at, paddedLength(length), 1);
      }
    }
  }

  /** Address of the sum of {@link sumGradients}. */
  get gradientSum(): number {
    return this.#accumulated ?? this.gradients[0];
  }

  #allocate(): number {
    const pointer = this.heap.malloc(4 * this.layout.length);
    this.view(pointer).fill(0);
    return pointer;
  }
}
