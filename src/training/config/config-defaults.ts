/** Where a configuration begins: the paper's recipe, or ours for the light preset. */
import { presetByName } from '../../model/presets.ts';
import {
  type PartialAugmentation,
  resolveAugmentation,
} from '../augmentation/augmentation-options.ts';
import { LOSS_DEFAULTS } from '../loss/loss-options.ts';
import { ADAMW_DEFAULTS } from '../optimizers/adamw.ts';
import { SGD_DEFAULTS } from '../optimizers/sgd.ts';
import { DEFAULT_AVERAGE_DECAY } from '../optimizers/weight-average.ts';
import { type FreezeRule, SCHEDULE_DEFAULTS } from '../run/schedule.ts';
import type { OptimizerConfig, SamplingOptions, TrainConfig } from './train-config.ts';

const SAMPLING_DEFAULTS: SamplingOptions = { balance: 0.5, maxRepeat: 8 };

export const OPTIMIZER_DEFAULTS = {
  adamw: { kind: 'adamw', ...ADAMW_DEFAULTS },
  sgd: { kind: 'sgd', ...SGD_DEFAULTS, clipNorm: null },
} as const satisfies Record<string, OptimizerConfig>;

type Defaults = Omit<TrainConfig, 'data' | 'workers'>;

/** @throws UNKNOWN_PRESET */
export function configDefaults(presetName: string): Defaults {
  const { name, backbone, neck, inputSize } = presetByName(presetName);
  const light = backbone === 'mobilenet';
  return {
    preset: name,
    graphOptions: {},
    classes: null,
    classMap: {},
    validation: [],
    init: null,
    initialization: neck === 'slim' ? 'he' : 'xavier',
    epochs: 30,
    steps: null,
    batch: light ? 8 : 32,
    accumulate: 1,
    inputSizes: [
      { from: 0, sizes: [Math.round((0.8 * inputSize) / 64) * 64] },
      { from: 0.25, sizes: [inputSize] },
    ],
    optimizer: light ? OPTIMIZER_DEFAULTS.adamw : OPTIMIZER_DEFAULTS.sgd,
    schedule: { ...SCHEDULE_DEFAULTS, kind: light ? 'cosine' : 'multistep' },
    freeze: light ? LIGHT_FREEZE : [],
    averageDecay: DEFAULT_AVERAGE_DECAY,
    augmentation: resolveAugmentation(light ? LIGHT_AUGMENTATION : {}),
    sampling: SAMPLING_DEFAULTS,
    loss: LOSS_DEFAULTS,
    difficult: 'use',
    seed: 1,
    evaluation: { every: 1, images: null, metric: 'voc07' },
    checkpointMinutes: 5,
  };
}

/** Small runs on small networks have no use for objects as small as SSD's zoom-out makes them. */
const LIGHT_AUGMENTATION: PartialAugmentation = { expand: { probability: 0.3, maxRatio: 2.5 } };

/**
 * A backbone whose batch normalization is folded must be protected: trained from the start it forgets
 * more than it learns (measured, see docs/training.md).
 */
const LIGHT_FREEZE: readonly FreezeRule[] = [
  { layers: ['stem', ...blocks(0, 5)], until: 0, rate: 0, rampSteps: 0 },
  { layers: [...blocks(6, 16), 'last', 'extra0'], until: 0.42, rate: 0.03, rampSteps: 150 },
];

function blocks(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `block${first + i}`);
}
