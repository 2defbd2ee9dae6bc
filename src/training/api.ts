/** What `refinedet/train` exports on every platform. */
export type { AugmentationOptions, PartialAugmentation } from './augmentation/options.ts';
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
export { DetectionLoss, type LossParts } from './loss.ts';
export type { LossOptions, MatchThresholds } from './loss-options.ts';
export type { EvaluationRecord, StepRecord } from './records.ts';
export { RUN_FILES, type RunStore } from './run-store.ts';
export type { FreezeRule, LearningRateSchedule } from './schedule.ts';
export { refineDetLoss } from './tensor-loss.ts';
export type { TrainCallOptions } from './train.ts';
