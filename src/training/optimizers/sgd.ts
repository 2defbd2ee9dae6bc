/** Stochastic gradient descent with momentum, with the semantics and defaults of the Caffe release. */
import type { Kernels } from '../../kernels/module.ts';
import { checkNumber } from '../check.ts';
import type { ParameterLayout } from '../memory/parameter-layout.ts';
import { Optimizer, type Update } from './optimizer.ts';

/** Settings of stochastic gradient descent with momentum. */
export interface SgdOptions {
  /** Default 0.9. */
  momentum: number;
  /** Of dense convolution weights. Default 5e-4. */
  weightDecay: number;
  /** Factor of the learning rate of biases. Default 2. */
  biasRate: number;
  /** Largest norm of the gradient; Infinity for no clipping. Default Infinity. */
  clipNorm: number;
}

export const SGD_DEFAULTS: Readonly<SgdOptions> = {
  momentum: 0.9,
  weightDecay: 5e-4,
  biasRate: 2,
  clipNorm: Number.POSITIVE_INFINITY,
};

/** State: `velocity`. */
export class Sgd extends Optimizer {
  readonly #options: SgdOptions;

  /** @param weights address of a buffer of the layout, which the optimizer changes */
  constructor(
    kernels: Kernels,
    layout: ParameterLayout,
    weights: number,
    options: Partial<SgdOptions> = {},
  ) {
    const resolved = { ...SGD_DEFAULTS, ...options };
    const { momentum, weightDecay, biasRate } = resolved;
    checkNumber('momentum', momentum, (v) => v >= 0 && v < 1, 'from 0 to below 1');
    checkNumber('weightDecay', weightDecay, (v) => v >= 0, 'from 0');
    checkNumber('biasRate', biasRate, (v) => v >= 0, 'from 0');
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
