/** Exponential moving average (EMA) of the weights, which is evaluated and saved. */
import { RefineDetError } from '../../errors.ts';
import { float32View } from '../../kernels/heap.ts';
import type { TrainingKernels } from '../../kernels/training/training-kernels.ts';
import { BELOW_ONE, checkValue } from '../../option-checks.ts';

/** Default decay, from our own pilot runs. */
export const DEFAULT_AVERAGE_DECAY = 0.998;

export class WeightAverage {
  readonly #kernels: TrainingKernels;
  readonly #weights: number;
  readonly #length: number;
  readonly #decay: number;
  /** Address of the averages, in the layout of the weights. */
  readonly pointer: number;
  #updates = 0;

  /**
   * Begins with a copy of the weights.
   * @param weights address of `length` floats, a multiple of 4
   * @param decay weight of the past in each update, in [0, 1); 0 follows the weights
   */
  constructor(
    kernels: TrainingKernels,
    weights: number,
    length: number,
    decay = DEFAULT_AVERAGE_DECAY,
  ) {
    checkValue('averageDecay', decay, BELOW_ONE);
    this.#kernels = kernels;
    this.#weights = weights;
    this.#length = length;
    this.#decay = decay;
    this.pointer = kernels.heap.malloc(4 * length);
    this.#view().set(float32View(kernels.heap, weights, length));
  }

  /** Number of updates so far. */
  get updates(): number {
    return this.#updates;
  }

  /**
   * Adds the weights after a step to the average. Early updates forget faster, (1 + n) / (10 + n) as in
   * TensorFlow's ExponentialMovingAverage, so that short runs do not keep their initial weights.
   */
  update(): void {
    const decay = Math.min(this.#decay, (1 + this.#updates) / (10 + this.#updates));
    this.#kernels.moveAverage(this.pointer, this.#weights, this.#length, 1 - decay);
    this.#updates++;
  }

  /** Returns a copy of the averages. */
  read(): Float32Array {
    return this.#view().slice();
  }

  /** Continues from the results of {@link read} and {@link updates}. */
  restore(averages: Float32Array, updates: number): void {
    if (averages.length !== this.#length) {
      throw new RefineDetError(
        'INVALID_ARGUMENT',
        `the weight average has ${averages.length} numbers, expected ${this.#length}`,
      );
    }
    this.#view().set(averages);
    this.#updates = updates;
  }

  dispose(): void {
    this.#kernels.heap.free(this.pointer);
  }

  #view(): Float32Array {
    return float32View(this.#kernels.heap, this.pointer, this.#length);
  }
}
