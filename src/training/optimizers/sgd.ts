/** Stochastic gradient descent with momentum, with the semantics and defaults of the Caffe release. */
import type { TrainingKernels } from '../../kernels/training/training-kernels.ts';
import { BELOW_ONE, NOT_NEGATIVE, orNull, POSITIVE } from '../../option-checks.ts';
import { resolveOptions, type Schema } from '../../option-schema.ts';
import type { ParameterLayout } from '../memory/parameter-layout.ts';
import { Optimizer, type Update } from './optimizer.ts';

/** Settings of stochastic gradient descent with momentum. */
export interface SgdOptions {
  /** Momentum. Default 0.9. */
  momentum: number;
  /** Decay of dense convolution weights. Default 5e-4. */
  weightDecay: number;
  /** Factor of the learning rate of biases. Default 2. */
  biasRate: number;
  /** Largest norm of the gradient; null for no clipping. Default null. */
  clipNorm: number | null;
}

export const SGD: Schema<SgdOptions> = {
  momentum: [BELOW_ONE, 0.9],
  weightDecay: [NOT_NEGATIVE, 5e-4],
  biasRate: [NOT_NEGATIVE, 2],
  clipNorm: [orNull(POSITIVE), null],
};

/** SGD with momentum. Its state is the `velocity`. */
export class Sgd extends Optimizer {
  readonly #options: SgdOptions;

  /** @param weights address of a buffer of the layout, which the optimizer changes */
  constructor(
    kernels: TrainingKernels,
    layout: ParameterLayout,
    weights: number,
    options: Partial<SgdOptions> = {},
  ) {
    const resolved = resolveOptions('optimizer', options, SGD);
    super(kernels, layout, weights, resolved.clipNorm, ['velocity']);
    this.#options = resolved;
  }

  protected override update({ parameter, weights, gradients, count, ...update }: Update): void {
    const { momentum, weightDecay, biasRate } = this.#options;
    this.kernels.sgdStep(
      weights,
      gradients,
      this.statePointer('velocity', parameter),
      count,
      update.learningRate * (parameter.isBias ? biasRate : 1),
      momentum,
      parameter.decays ? weightDecay : 0,
      update.gradientScale,
    );
  }
}
