/** Configuration of a training run: plain JSON data, kept as config.json with every run. */
import type { DatasetFormat } from '../../datasets/dataset-types.ts';
import type { Metric } from '../../evaluation/evaluate.ts';
import type { GraphOptions } from '../../model/graph-options.ts';
import type { PresetName } from '../../model/presets.ts';
import type { PartialOptions } from '../../option-schema.ts';
import type { AugmentationOptions } from '../augmentation/augmentation-options.ts';
import type { LossOptions } from '../loss/loss-options.ts';
import type { DifficultBoxes } from '../loss/truth.ts';
import type { OptimizerConfig } from '../optimizers/create-optimizer.ts';
import type { FreezeRule, LearningRateSchedule } from '../optimizers/schedule.ts';

/** A dataset, or some of its splits. */
export interface DataPart {
  /** Folder, COCO JSON or YOLO YAML file. */
  path: string;
  /** Name such as `train` or `train+val`; optional if the dataset has only one split. */
  split?: string;
  /** Format; default: found from the path. */
  format?: DatasetFormat;
}

/** Sizes of the network input from a point of the run on. */
export interface InputPhase {
  /** Fraction of all steps at which the phase begins; the first begins at 0. */
  from: number;
  /** Sides in pixels, multiples of 64; with several, one is drawn for every step. */
  sizes: readonly number[];
}

/** Options for the repetition of images. */
export interface SamplingOptions {
  /**
   * Exponent x of the repetition of rare classes: a class is seen (most frequent / its frequency)^x
   * times as often. 0: every image once per epoch; 1: all classes equally often. Default 0.5, the square
   * root of repeat-factor sampling (LVIS, arXiv 1908.03195).
   */
  balance: number;
  /** Most repeats of an image in an epoch. Default 8. */
  maxRepeat: number;
}

/** Options for evaluations during a run. */
export interface EvaluationConfig {
  /** Epochs between evaluations; there is always one at the end. Default 1. */
  every: number;
  /** Images of the validation data to evaluate, evenly spread; null for all. Default null. */
  images: number | null;
  /** Metric; default `voc07`. */
  metric: Metric;
  /** Ends the run after this many evaluations without a better one; null never. Default null. */
  patience: number | null;
}

/** Random distributions for tensors that no file provides; see initial-weights.ts. */
export type Initialization = 'he' | 'xavier';

/** Complete options of a training run. */
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
  /** Validation data, joined in the same way. Default []: no evaluation. */
  validation: readonly DataPart[];
  /**
   * Initial weights: the name of a model in the package, or a file with a backbone or a model, of which
   * the fitting tensors are used. Null or `none` starts with random weights. Default `default` for
   * MobileNet, else null.
   */
  init: string | null;
  /**
   * Model whose outputs the network learns from besides the boxes, on every image as it is augmented: the
   * name of a model in the package, or a file. It needs the classes of the run, in order, and the anchors
   * and input normalization of its preset; `loss.weights.teacher` weighs it. Default null: none.
   */
  distill: string | null;
  /** Fills what `init` lacks. Default `he` for slim necks, else `xavier` as in the released code. */
  initialization: Initialization;
  /** Passes over the training data; may be a fraction. Default 30. */
  epochs: number;
  /** Steps, instead of `epochs`; null to count epochs. Default null. */
  steps: number | null;
  /** Images per gradient. Default 8 for MobileNet (ours), else 32 (paper). */
  batch: number;
  /** Gradients per step: the effective batch is this many times as large. Default 1. */
  accumulate: number;
  /**
   * Input sizes. Default: 256 px in the first quarter, then 320 (ours); for other presets 0.8 of their
   * input, then the full input.
   */
  inputSizes: readonly InputPhase[];
  /** Optimizer. Default AdamW for MobileNet (ours), else SGD (paper). */
  optimizer: OptimizerConfig;
  /** Learning rate. Default cosine for MobileNet (ours), else multistep at 2/3 and 5/6 (paper). */
  schedule: LearningRateSchedule;
  /**
   * Layers that are frozen or learn slowly. Default for MobileNet with initial weights: stem to block5
   * always, the rest of the backbone for 42 % of the run, then 0.03 of the learning rate after a ramp of
   * 150 steps; else none.
   */
  freeze: readonly FreezeRule[];
  /** Decay of the weight average, which is evaluated and kept as best. Default 0.998. */
  averageDecay: number;
  /** Augmentation. MobileNet zooms out less by default: with probability 0.3, up to 2.5 (ours). */
  augmentation: AugmentationOptions;
  sampling: SamplingOptions;
  /**
   * Matching, mining and ablations: `objectnessThreshold: 0` switches negative anchor filtering off,
   * `refineAnchors: false` ARM regression. The model keeps these two, and detection follows.
   */
  loss: LossOptions;
  /** Treatment of VOC's difficult boxes. Default `use`, as in the released code. */
  difficult: DifficultBoxes;
  /** Seed of all random numbers. Default 1. */
  seed: number;
  /**
   * Single-thread workers, each with a slice of the batch; 1 trains in the calling thread. The same
   * number reproduces a run bit by bit. Default: one per core, at most one per image.
   */
  workers: number;
  evaluation: EvaluationConfig;
  /** Minutes between checkpoints, besides those after evaluations and at the end. Default 5. */
  checkpointMinutes: number;
}

/** Options of a training run: only the data is required; groups may be partial. */
export type TrainOptions = {
  [K in keyof TrainConfig]?: K extends 'classMap' ? TrainConfig[K] : PartialOptions<TrainConfig[K]>;
};
