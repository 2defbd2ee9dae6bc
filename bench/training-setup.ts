/** The start of a training on generated images. */
import { readFileSync } from 'node:fs';
import type { Dataset } from '../src/datasets/dataset-types.ts';
import type { Model } from '../src/model/model.ts';
import { NO_AUGMENTATION } from '../src/training/augmentation/augmentation-options.ts';
import { resolveTrainConfig } from '../src/training/config/resolve-config.ts';
import type { TrainConfig } from '../src/training/config/train-config.ts';
import { initialModel } from '../src/training/init/initial-weights.ts';
import { shapesDataset } from '../support/scenes/shapes.ts';

export interface TrainingLoad {
  workers: number;
  side: number;
  /** Whether block6 and the layers above learn. */
  backbone: boolean;
  steps: number;
  /** Images per step. Default 8, that of `refinedet train`. */
  batch?: number;
  /**
   * Starts from the default model, as `refinedet train` does, with images of the input's size and without
   * augmentation: a batch that other programs can train on too. Default false: random weights, augmentation.
   */
  comparable?: boolean;
}

export interface TrainingStart {
  config: TrainConfig;
  data: { train: Dataset };
  model: Model;
}

const IMAGES = 16;
const IMAGE_SIDE = 384;

/** @param folder for the images */
export async function startTraining(
  folder: string,
  { workers, side, backbone, steps, batch, comparable = false }: TrainingLoad,
): Promise<TrainingStart> {
  const train = await shapesDataset(folder, IMAGES, comparable ? side : IMAGE_SIDE);
  const { freeze } = resolveTrainConfig({ preset: 'refinedet320-mobilenet' });
  const config = resolveTrainConfig({
    steps,
    workers,
    ...(batch !== undefined && { batch }),
    inputSizes: [{ from: 0, sizes: [side] }],
    // The same layers in every step, however many there are.
    freeze: freeze.map((rule) => ({ ...rule, until: 0, rate: backbone ? rule.rate : 0 })),
    ...(comparable && { augmentation: NO_AUGMENTATION }),
  });
  const { model } = await initialModel(config, train.classes, comparable ? shipped() : undefined);
  return { config, data: { train }, model };
}

function shipped(): Uint8Array {
  return readFileSync(new URL('../models/default.safetensors', import.meta.url));
}
