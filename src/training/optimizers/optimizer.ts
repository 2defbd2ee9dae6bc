/** Base of SGD and AdamW: buffers in the heap, gradient norm, clipping, frozen layers. */
import { RefineDetError } from '../../errors.ts';
import { float32View, type Heap } from '../../kernels/heap.ts';
import type { TrainingKernels } from '../../kernels/training/training-kernels.ts';
import { type Parameter, type ParameterLayout, paddedLength } from '../memory/parameter-layout.ts';

/** Options of one step. */
export interface StepOptions {
  learningRate: number;
  /**
   * Factors of the learning rate by layer name, 1 where a layer is absent. With 0 a layer is frozen:
   * neither its weights nor its state change, and its gradients do not count in the norm.
   */
  layerRates?: ReadonlyMap<string, number>;
  /** Multiplies every gradient first: 1 / k after k accumulated batches. Default 1. */
  gradientScale?: number;
}

export interface StepResult {
  /** Euclidean norm of all scaled gradients before clipping. */
  gradientNorm: number;
  /** Whether the weights were updated; false when the norm is not finite. */
  applied: boolean;
}

/** State buffers by name; a bit-exact resume needs all of them. */
export type OptimizerState = Record<string, Float32Array>;

/** The update of one tensor, for the subclasses. */
export interface Update {
  parameter: Parameter;
  index: number;
  /** Addresses of the tensor's weights and gradients. */
  weights: number;
  gradients: number;
  /** Number of floats, padded. */
  count: number;
  /** Learning rate, including the factors of layer and schedule. */
  learningRate: number;
  gradientScale: number;
}

export abstract class Optimizer {
  protected readonly kernels: TrainingKernels;
  protected readonly layout: ParameterLayout;
  readonly #weights: number;
  readonly #clipNorm: number;
  readonly #state: number;
  readonly #stateNames: readonly string[];

  /**
   * @param weights address of a buffer of the layout, which the optimizer changes
   * @param clipNorm gradients with a larger norm are scaled down to it; null for no clipping
   * @param stateNames names of the state buffers of the algorithm, which start with zeros
   */
  constructor(
    kernels: TrainingKernels,
    layout: ParameterLayout,
    weights: number,
    clipNorm: number | null,
    stateNames: readonly string[],
  ) {
    this.kernels = kernels;
    this.layout = layout;
    this.#weights = weights;
    this.#clipNorm = clipNorm ?? Number.POSITIVE_INFINITY;
    this.#stateNames = stateNames;
    this.#state = this.heap.malloc(4 * layout.length * stateNames.length);
    for (const name of stateNames) this.stateView(name).fill(0);
  }

  /**
   * Updates the weights.
   * @param gradients address of a buffer of the layout; not changed
   */
  step(gradients: number, options: StepOptions): StepResult {
    const { learningRate, layerRates, gradientScale = 1 } = options;
    const updates: Update[] = [];
    this.layout.parameters.forEach((parameter, index) => {
      const rate = layerRates?.get(parameter.layer) ?? 1;
      if (rate === 0) return;
      updates.push({
        parameter,
        index,
        weights: this.#weights + 4 * parameter.offset,
        gradients: gradients + 4 * parameter.offset,
        count: paddedLength(parameter.length),
        learningRate: learningRate * rate,
        gradientScale,
      });
    });
    const squares = updates.reduce(
      (sum, update) => sum + this.kernels.sumOfSquares(update.gradients, update.count),
      0,
    );
    const gradientNorm = gradientScale * Math.sqrt(squares);
    if (!Number.isFinite(gradientNorm)) return { gradientNorm, applied: false };
    const clip = Math.min(1, this.#clipNorm / gradientNorm);
    for (const update of updates) {
      this.update({ ...update, gradientScale: clip * gradientScale });
    }
    return { gradientNorm, applied: true };
  }

  /** Returns a copy of the state. */
  exportState(): OptimizerState {
    return Object.fromEntries(this.#stateNames.map((name) => [name, this.stateView(name).slice()]));
  }

  /**
   * Continues from an exported state.
   * @throws INVALID_ARGUMENT for the state of another algorithm or network
   */
  importState(state: OptimizerState): void {
    for (const name of this.#stateNames) {
      this.stateView(name).set(checkedBuffer(state, name, this.layout.length));
    }
  }

  dispose(): void {
    this.heap.free(this.#state);
  }

  protected abstract update(update: Update): void;

  /** Returns the address of a parameter's part of a state buffer. */
  protected statePointer(name: string, { offset }: Parameter): number {
    return this.#state + 4 * (this.#stateNames.indexOf(name) * this.layout.length + offset);
  }

  protected stateView(name: string): Float32Array {
    const at = this.#state + 4 * this.#stateNames.indexOf(name) * this.layout.length;
    return float32View(this.heap, at, this.layout.length);
  }

  protected get heap(): Heap {
    return this.kernels.heap;
  }
}

export function checkedBuffer(state: OptimizerState, name: string, length: number): Float32Array {
  const buffer = state[name];
  if (buffer?.length === length) return buffer;
  throw new RefineDetError(
    'INVALID_ARGUMENT',
    `optimizer state "${name}" has ${buffer?.length ?? 'no'} numbers, expected ${length}`,
  );
}
