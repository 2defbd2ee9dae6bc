/** Binds the plan steps of a network in training. */
import type * as tf from '@tensorflow/tfjs-core';
import { hasLayerKernels } from '../../kernels/layers/index.ts';
import { KERNEL_BINDERS } from '../../model/bind-kernels.ts';
import { TFJS_BINDERS } from '../../model/bind-tfjs.ts';
import { type Binders, type BoundStep, bindStep } from '../../model/binders.ts';
import type { LayerKind, PlanStep } from '../../model/plan.ts';
import { bindBatchNorm } from './batch-norm-gradient.ts';
import type { TrainingPlanStep } from './gradient-plan.ts';

export function bindTraining(
  step: TrainingPlanStep | PlanStep<'chain'>,
  tensors: readonly tf.Tensor[],
): BoundStep {
  if (step.kind === 'batchNorm') return bindBatchNorm(step, tensors);
  if (step.kind === 'chain') return bindStep(KERNEL_BINDERS, step, tensors);
  const binders: Binders<LayerKind> = hasLayerKernels() ? KERNEL_BINDERS : TFJS_BINDERS;
  return bindStep(binders, step, tensors);
}
