import type { TrainingKernels } from '../../kernels/training/training-kernels.ts';
import { oneOf } from '../../option-checks.ts';
import type { Schema } from '../../option-schema.ts';
import type { ParameterLayout } from '../memory/parameter-layout.ts';
import { ADAMW, AdamW, type AdamWOptions } from './adamw.ts';
import type { Optimizer } from './optimizer.ts';
import { SGD, Sgd, type SgdOptions } from './sgd.ts';

/** The optimizer and its settings. */
export type OptimizerConfig = ({ kind: 'adamw' } & AdamWOptions) | ({ kind: 'sgd' } & SgdOptions);

const KIND = oneOf(['adamw', 'sgd']);

/** Schemas of the optimizers by kind. */
export const OPTIMIZERS: {
  [Kind in OptimizerConfig['kind']]: Schema<Extract<OptimizerConfig, { kind: Kind }>>;
} = {
  adamw: { kind: [KIND, 'adamw'], ...ADAMW },
  sgd: { kind: [KIND, 'sgd'], ...SGD },
};

/**
 * Creates the optimizer of a configuration.
 * @param weights address of a buffer of the layout
 * @throws INVALID_OPTION
 */
export function createOptimizer(
  kernels: TrainingKernels,
  layout: ParameterLayout,
  weights: number,
  { kind, ...options }: OptimizerConfig,
): Optimizer {
  return kind === 'sgd'
    ? new Sgd(kernels, layout, weights, options)
    : new AdamW(kernels, layout, weights, options);
}
