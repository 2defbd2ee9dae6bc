/** What a training run is: plain JSON data, kept as config.json with every run. */
import type { Metric } from '../../evaluation/evaluate.ts';
import type { GraphOptions } from '../../model/graph-options.ts';
import type { PresetName } from '../../model/presets.ts';
import type {
  AugmentationOptions,
  PartialAugmentation,
} from '../augmentation/augmentation-options.ts';
import type { LossOptions } from '../loss/loss-options.ts';
import type { DifficultBoxes } from '../loss/truth.ts';
import type { AdamWOptions } from '../optimizers/adamw.ts';
import type { SgdOptions } from '../optimizers/sgd.ts';
import type { FreezeRule, LearningRateSchedule } from '../run/schedule.ts';

/** Splits of one dataset. */
export interface DataPart {
  /** Folder, COCO JSON or YOLO YAML file. */
  path: string;
  /** Such as `train` or `train+val`; may be left out where there is only one. */
  split?: string;
}

/** Network inputs from a point of the run on. */
export interface InputPhase {
  /** Fraction of all steps at which the phase begins; the first begins at 0. */
  from: number;
  /** Sides in pixels, multiples of 64; with several, one is drawn for every step. */
  sizes: readonly number[];
}

/** Largest gradient norm; null for no clipping (JSON knows no infinity). */
type JsonClip<T> = Omit<T, 'clipNorm'> & { clipNorm: number | null };
/** The optimizer and its settings. */
export type OptimizerConfig =
  | ({ kind: 'adamw' } & JsonClip<AdamWOptions>)
  | ({ kind: 'sgd' } & JsonClip<SgdOptions>);

/** Which images come how often. */
export interface SamplingOptions {
  /**
   * How far images of rare classes are repeated: a class is seen (most frequent / its frequency)^x
   * times as often. 0: every image once an epoch; 1: all classes alike. Default 0.5, the square
   * root of repeat-factor sampling (LVIS, arXiv 1908.03195).
   */
  balance: number;
  /** Most repeats of an image in an epoch. Default 8. */
  maxRepeat: number;
}

/** How the weights are scored during a run. */
export interface EvaluationConfig {
  /** Epochs between evaluations; there is always one at the end. Default 1. */
  every: number;
  /** Images of the validation data to look at, evenly spread; null for all. Default null. */
  images: number | null;
  /** Default `voc07`. */
  metric: Metric;
}

/** Names of ways to fill tensors that no file provides; see initial-weights.ts. */
export type Initialization = 'he' | 'xavier';

/** Every option of a training, with its value. */
export interface TrainConfig {
  preset: PresetName;
  /** Variants of the network; `tcb: false` is the ablation without transfer connections. Default {}. */
  graphOptions: GraphOptions;
  /** Object classes, in order; null for those of the data. Default null. */
  classes: readonly string[] | null;
  /** New class names by the data's names. Default {}. */
  classMap: Readonly<Record<string, string>>;
  /** Training data, joined by class name. */
  data: readonly DataPart[];
  /** Validation data, joined likewise. Default []: no evaluation. */
  validation: readonly DataPart[];
  /**
   * Weight file to begin with: a backbone, or a model whose fitting tensors are kept. Null begins
   * with random weights. Default null.
   */
  init: string | null;
  /** Fills what `init` lacks. Default `he` for slim necks, else `xavier` as in the released code. */
  initialization: Initialization;
  /** Passes over the training data; may be a fraction. Default 30. */
  epochs: number;
  /** Steps, instead of `epochs`; null to count epochs. Default null. */
  steps: number | null;
  /** Images a gradient. Default 8 for MobileNet (ours), else 32 (paper). */
  batch: number;
  /** Gradients a step: the effective batch is this many times as large. Default 1. */
  accumulate: number;
  /** Default: 256 px in the first quarter, then 320 (ours); 0.8 of other presets' input likewise. */
  inputSizes: readonly InputPhase[];
  /** Default AdamW for MobileNet (ours), else SGD (paper); see there. */
  optimizer: OptimizerConfig;
  /** Default cosine for MobileNet (ours), else multistep at 2/3 and 5/6 (paper). */
  schedule: LearningRateSchedule;
  /**
   * Layers that are frozen or learn slowly. Default for MobileNet: stem to block5 always, the rest of
   * the backbone for 42 % of the run, then a 0.03 of the learning rate after a ramp of 150 steps;
   * else none.
   */
  freeze: readonly FreezeRule[];
  /** Of the average of the weights that is evaluated and kept as best. Default 0.998. */
  averageDecay: number;
  /** Default: see there; MobileNet zooms out less: with probability 0.3, up to 2.5 (ours). */
  augmentation: AugmentationOptions;
  sampling: SamplingOptions;
  /**
   * Matching, mining and ablations: `objectnessThreshold: 0` is without negative anchor filtering,
   * `refineAnchors: false` without ARM regression. The model keeps these two, and detection follows.
   */
  loss: LossOptions;
  /** VOC's difficult boxes. Default `use`, as the released code. */
  difficult: DifficultBoxes;
  /** Default 1. */
  seed: number;
  /**
   * Single-thread workers, each with a slice of the batch; 1 trains in the calling thread. The same
   * number reproduces a run bit by bit. Default: a worker a core, at most one an image.
   */
  workers: number;
  evaluation: EvaluationConfig;
  /** Minutes between checkpoints, besides those at evaluations and at the end. Default 5. */
  checkpointMinutes: number;
}

/** What a user gives: everything optional but the preset's name and the data; groups in part. */
export type TrainOptions = {
  [K in keyof TrainConfig]?: TrainConfig[K] extends readonly unknown[]
    ? TrainConfig[K]
    : K extends 'augmentation'
      ? PartialAugmentation
      : K extends 'classMap'
        ? TrainConfig[K]
        : TrainConfig[K] extends object
          ? Partial<TrainConfig[K]>
          : TrainConfig[K];
};
