import type { Kernels } from '../kernels/module.ts';
import type { OptimizerConfig } from './config/types.ts';
import { AdamW } from './optimizers/adamw.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { Sgd } from './optimizers/sgd.ts';
import type { ParameterLayout } from './parameters.ts';

/**
 * The optimiser of a configuration.
 * @param weights address of a buffer of the layout
 * @throws INVALID_OPTION
 */
export function createOptimizer(
  kernels: Kernels,
  layout: ParameterLayout,
  weights: number,
  config: OptimizerConfig,
): Optimizer {
  const clipNorm = config.clipNorm ?? Number.POSITIVE_INFINITY;
  return config.kind === 'sgd'
    ? new Sgd(kernels, layout, weights, { ...config, clipNorm })
    : new AdamW(kernels, layout, weights, { ...config, clipNorm });
}
