/** Chooses steps, input size and frozen layers for a small dataset and a limited time. */
import type { TrainOptions } from '../config/train-config.ts';
import { BACKBONE } from '../config/train-schema.ts';
import type { TrainingData } from '../data/training-set.ts';

/** What is known about the device. */
export interface DeviceSpeed {
  /** Images per second in training at 256 pixels with a frozen backbone. */
  imagesPerSecond: number;
  /** Seconds from the start to the first step. */
  startSeconds: number;
}

export interface TrainingPlan {
  options: TrainOptions;
  steps: number;
  inputSize: number;
  /** Expected duration. */
  seconds: number;
}

const BATCH = 8;
/** Sizes to choose from, the best first. */
const SIZES = [320, 256, 192];
const MEASURED_SIZE = 256;
/** A larger input pays only with this many steps. */
const ENOUGH_STEPS = 180;
/** Beyond it a small dataset is only learned by heart. */
const MOST_EPOCHS = 80;
const LEAST_STEPS = 20;
/** Evaluations of a run; each costs about a forward pass for every image. */
const EVALUATIONS = 12;
/** Detection takes about this share of the time of a training step for each image. */
const DETECTION_SHARE = 0.6;
/** Evaluations without a better one after which a run of this length has learned what it can. */
const PATIENCE = 6;

/**
 * @param minutes time that the run may take
 * @param speed as measured on this device
 */
export function planTraining(
  { train, validation }: TrainingData,
  minutes: number,
  { imagesPerSecond, startSeconds }: DeviceSpeed,
): TrainingPlan {
  const held = validation?.images.length ?? 0;
  const budget = Math.max(1, 60 * minutes - startSeconds);
  const rateAt = (size: number) => imagesPerSecond * (MEASURED_SIZE / size) ** 2;
  const stepsAt = (size: number) => {
    const evaluating = (EVALUATIONS * held * DETECTION_SHARE) / rateAt(size);
    return Math.floor(((budget - evaluating) * rateAt(size)) / BATCH);
  };
  const inputSize = SIZES.find((size) => stepsAt(size) >= ENOUGH_STEPS) ?? SIZES.at(-1)!;
  const most = Math.ceil((MOST_EPOCHS * Math.max(train.images.length, BATCH)) / BATCH);
  const steps = Math.max(LEAST_STEPS, Math.min(stepsAt(inputSize), Math.max(most, ENOUGH_STEPS)));
  const epochs = (steps * BATCH) / train.images.length;
  const evaluated = EVALUATIONS * held * DETECTION_SHARE;
  return {
    steps,
    inputSize,
    seconds: startSeconds + (steps * BATCH + evaluated) / rateAt(inputSize),
    options: {
      steps,
      batch: BATCH,
      inputSizes: [{ from: 0, sizes: [inputSize] }],
      // A frozen backbone halves the time of a step, and a few images teach it nothing.
      freeze: [{ layers: BACKBONE, until: 1, rate: 0, rampSteps: 0 }],
      schedule: { warmupSteps: Math.min(100, Math.ceil(steps / 10)) },
      evaluation: {
        every: Math.max(1, epochs / EVALUATIONS),
        ...(validation && { patience: PATIENCE }),
      },
    },
  };
}

/** Options of the short run that measures a device. */
export const MEASURING: TrainOptions = {
  steps: 3,
  batch: BATCH,
  inputSizes: [{ from: 0, sizes: [MEASURED_SIZE] }],
  freeze: [{ layers: BACKBONE, until: 1, rate: 0, rampSteps: 0 }],
};
