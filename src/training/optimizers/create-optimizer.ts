import type { Kernels } from '../../kernels/module.ts';
import type { OptimizerConfig } from '../config/train-config.ts';
import type { ParameterLayout } from '../memory/parameter-layout.ts';
import { AdamW } from './adamw.ts';
import type { Optimizer } from './optimizer.ts';
import { Sgd } from './sgd.ts';

/**
 * The optimizer of a configuration.
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
