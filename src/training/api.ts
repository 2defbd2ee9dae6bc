/** What `refinedet/train` exports on every platform. */
export type { AugmentationOptions, PartialAugmentation } from './augmentation/options.ts';
export type { BatchHeads } from './batch-heads.ts';
export { resolveTrainConfig } from './config/resolve.ts';
export type {
  DataPart,
  EvaluationConfig,
  Initialization,
  InputPhase,
  OptimizerConfig,
  SamplingOptions,
  TrainConfig,
  TrainOptions,
} from './config/types.ts';
export type { TrainingData } from './data/training-set.ts';
export { TrainableNetwork } from './gradients/network.ts';
export { DetectionLoss, type LossParts, type ModuleCounts } from './loss.ts';
export type { LossOptions, LossWeights, MatchThresholds } from './loss-options.ts';
export type { AdamWOptions } from './optimizers/adamw.ts';
export type { SgdOptions } from './optimizers/sgd.ts';
export type { EvaluationRecord, StepRecord } from './records.ts';
export { RUN_FILES, type RunStore } from './run-store.ts';
export type { FreezeRule, LearningRateSchedule } from './schedule.ts';
export { refineDetLoss, type TensorLossOptions } from './tensor-loss.ts';
export type { TrainCallOptions } from './train.ts';
export type { DifficultBoxes, Truth } from './truth.ts';
