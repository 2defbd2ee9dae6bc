/** Exports of `refinedet/train` on every platform. */
export type { PartialOptions } from '../option-schema.ts';
export type {
  AugmentationOptions,
  PartialAugmentation,
} from './augmentation/augmentation-options.ts';
export { resolveTrainConfig } from './config/resolve-config.ts';
export type {
  DataPart,
  EvaluationConfig,
  Initialization,
  InputPhase,
  SamplingOptions,
  TrainConfig,
  TrainOptions,
} from './config/train-config.ts';
export type { TrainingData } from './data/training-set.ts';
export { TrainableNetwork } from './gradients/trainable-network.ts';
export { DetectionLoss, type LossParts, type ModuleCounts } from './loss/detection-loss.ts';
export type { LossOptions, LossWeights, MatchThresholds } from './loss/loss-options.ts';
export { refineDetLoss, type TensorLossOptions } from './loss/tensor-loss.ts';
export type { DifficultBoxes, Truth } from './loss/truth.ts';
export type { AdamWOptions } from './optimizers/adamw.ts';
export type { OptimizerConfig } from './optimizers/create-optimizer.ts';
export type { FreezeRule, LearningRateSchedule } from './optimizers/schedule.ts';
export type { SgdOptions } from './optimizers/sgd.ts';
export { RUN_FILES, type RunStore } from './run/run-store.ts';
export type { EvaluationRecord, StepRecord } from './run/step-record.ts';
export type { TrainCallOptions } from './run/train.ts';
export { type TrainingRuntime, trainingRuntime } from './training-runtime.ts';
