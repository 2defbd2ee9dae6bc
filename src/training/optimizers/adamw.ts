/** AdamW (arXiv 1711.05101): Adam with weight decay separate from the gradient. */
import type { TrainingKernels } from '../../kernels/training/training-kernels.ts';
import { BELOW_ONE, NOT_NEGATIVE, orNull, POSITIVE } from '../../option-checks.ts';
import { resolveOptions, type Schema } from '../../option-schema.ts';
import type { ParameterLayout } from '../memory/parameter-layout.ts';
import { checkedBuffer, Optimizer, type OptimizerState, type Update } from './optimizer.ts';

/** Settings of AdamW: Adam with decoupled weight decay. */
export interface AdamWOptions {
  /** Decay of the mean gradient. Default 0.9. */
  beta1: number;
  /** Decay of the mean squared gradient. Default 0.999. */
  beta2: number;
  /** Summand that avoids a division by zero. Default 1e-8. */
  epsilon: number;
  /** Decay of dense convolution weights, times the learning rate. Default 0.02, from our own pilot runs. */
  weightDecay: number;
  /** Largest norm of the gradient; null for no clipping. Default 20, from our own pilot runs. */
  clipNorm: number | null;
}

export const ADAMW: Schema<AdamWOptions> = {
  beta1: [BELOW_ONE, 0.9],
  beta2: [BELOW_ONE, 0.999],
  epsilon: [POSITIVE, 1e-8],
  weightDecay: [NOT_NEGATIVE, 0.02],
  clipNorm: [orNull(POSITIVE), 20],
};

/** AdamW. Its state is the `first` and `second` moment, and `steps`, the updates of each tensor. */
export class AdamW extends Optimizer {
  readonly #options: AdamWOptions;
  // Each layer starts its bias correction when it starts to train.
  readonly #steps: Float32Array;

  /** @param weights address of a buffer of the layout, which the optimizer changes */
  constructor(
    kernels: TrainingKernels,
    layout: ParameterLayout,
    weights: number,
    options: Partial<AdamWOptions> = {},
  ) {
    const resolved = resolveOptions('optimizer', options, ADAMW);
    super(kernels, layout, weights, resolved.clipNorm, ['first', 'second']);
    this.#options = resolved;
    this.#steps = new Float32Array(layout.parameters.length);
  }

  override exportState(): OptimizerState {
    return { ...super.exportState(), steps: this.#steps.slice() };
  }

  override importState(state: OptimizerState): void {
    const steps = checkedBuffer(state, 'steps', this.#steps.length);
    super.importState(state);
    this.#steps.set(steps);
  }

  protected override update(update: Update): void {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    const { parameter, index } = update;
    const step = ++this.#steps[index];
    this.kernels.adamwStep(
      update.weights,
      update.gradients,
      this.statePointer('first', parameter),
      this.statePointer('second', parameter),
      update.count,
      update.learningRate,
      beta1,
      beta2,
      epsilon,
      parameter.decays ? weightDecay : 0,
      update.gradientScale,
      1 / (1 - beta1 ** step),
      1 / (1 - beta2 ** step),
    );
  }
}
