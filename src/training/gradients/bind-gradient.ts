/** Binds the steps of a network in training. */
import type * as tf from '@tensorflow/tfjs-core';
import { hasLayerKernels } from '../../kernels/layers/index.ts';
import { type BoundStep, bindStep } from '../../model/bind.ts';
import { bindBatchNorm } from './batch-norm-gradient.ts';
import type { TrainingStep } from './gradient-plan.ts';

/** @param batchStatistics of a batch normalization: see ForwardOptions */
export function bindTraining(
  step: TrainingStep,
  tensors: readonly tf.Tensor[],
  batchStatistics: boolean,
): BoundStep {
  const { layer } = step;
  return layer.op === 'batchNorm'
    ? bindBatchNorm(step.activation, tensors, batchStatistics)
    : bindStep({ ...step, layer }, tensors, hasLayerKernels());
}
