/** Rules and defaults of a configuration: the paper's recipe, or our own for the light preset. */
import { availableThreads } from '#platform';
import { DATASET_FORMATS } from '../../datasets/dataset-types.ts';
import { METRICS } from '../../evaluation/evaluate.ts';
import { checkGraphOptions } from '../../model/graph-options.ts';
import { inputSide } from '../../model/input-size.ts';
import { presetByName } from '../../model/presets.ts';
import {
  BELOW_ONE,
  FRACTION,
  listOf,
  NOT_NEGATIVE,
  numberBetween,
  oneOf,
  optional,
  orNull,
  POSITIVE,
  TEXT,
  wholeFrom,
} from '../../option-checks.ts';
import { itemsOf, mapOf, type Schema } from '../../option-schema.ts';
import { DEFAULT_MODEL, modelOfPreset } from '../../packaged-models.ts';
import { AUGMENTATION, expandSchema } from '../augmentation/augmentation-options.ts';
import { LOSS } from '../loss/loss-options.ts';
import { OPTIMIZERS, type OptimizerConfig } from '../optimizers/create-optimizer.ts';
import { type FreezeRule, scheduleSchema } from '../optimizers/schedule.ts';
import { DEFAULT_AVERAGE_DECAY } from '../optimizers/weight-average.ts';
import type { TrainConfig } from './train-config.ts';

const MAX_WORKERS = 64;
const MAX_SIDE = 2048;

const PARTS = itemsOf({
  path: TEXT,
  split: optional(TEXT),
  format: optional(oneOf(DATASET_FORMATS)),
});
const PHASES = itemsOf({ from: FRACTION, sizes: listOf(inputSide(MAX_SIDE), 1) }, 1);
const FREEZE_RULES = itemsOf({
  layers: listOf(TEXT),
  until: FRACTION,
  rate: NOT_NEGATIVE,
  rampSteps: wholeFrom(0),
});

/**
 * Returns the schema of a configuration.
 * @param choices options that other defaults depend on
 * @throws UNKNOWN_PRESET
 */
export function trainSchema(
  presetName: string,
  { optimizer, init }: { optimizer?: OptimizerConfig['kind']; init?: unknown } = {},
): Schema<TrainConfig> {
  const { name, neck, widths, inputSize } = presetByName(presetName);
  const light = neck === 'slim';
  const ownModel = modelOfPreset(name) ?? null;
  const freeze = widths && init === DEFAULT_MODEL ? NARROWING_FREEZE : LIGHT_FREEZE;
  return {
    preset: [TEXT, name],
    graphOptions: [(_, value) => checkGraphOptions(value), {}],
    classes: [orNull(listOf(TEXT)), null],
    classMap: [mapOf(TEXT), {}],
    data: [PARTS, []],
    validation: [PARTS, []],
    init: [orNull(TEXT), ownModel],
    distill: [orNull(TEXT), null],
    initialization: [oneOf(['he', 'xavier']), neck === 'slim' ? 'he' : 'xavier'],
    epochs: [POSITIVE, 30],
    steps: [orNull(wholeFrom(1)), null],
    batch: [wholeFrom(1), light ? 8 : 32],
    accumulate: [wholeFrom(1), 1],
    inputSizes: [
      PHASES,
      [
        { from: 0, sizes: [Math.round((0.8 * inputSize) / 64) * 64] },
        { from: 0.25, sizes: [inputSize] },
      ],
    ],
    optimizer: OPTIMIZERS[optimizer ?? (light ? 'adamw' : 'sgd')],
    schedule: scheduleSchema(light ? 'cosine' : 'multistep'),
    freeze: [FREEZE_RULES, light && init !== null ? freeze : []],
    averageDecay: [BELOW_ONE, DEFAULT_AVERAGE_DECAY],
    // Short runs on small networks gain nothing from objects as small as SSD's zoom-out produces.
    augmentation: light ? { ...AUGMENTATION, expand: expandSchema(0.3, 2.5) } : AUGMENTATION,
    sampling: { balance: [FRACTION, 0.5], maxRepeat: [numberBetween(1, 1e6), 8] },
    loss: LOSS,
    difficult: [oneOf(['use', 'ignore']), 'use'],
    seed: [wholeFrom(0), 1],
    workers: [wholeFrom(1, MAX_WORKERS), Math.min(availableThreads(), MAX_WORKERS)],
    evaluation: {
      every: [POSITIVE, 1],
      images: [orNull(wholeFrom(1)), null],
      metric: [oneOf(METRICS), 'voc07'],
      patience: [orNull(wholeFrom(1)), null],
    },
    checkpointMinutes: [POSITIVE, 5],
  };
}

/**
 * Protects a backbone with folded batch normalization: trained from the start, it forgets more than it
 * learns (measured, see docs/training.md).
 */
const LIGHT_FREEZE: readonly FreezeRule[] = [
  { layers: ['stem', ...blocks(0, 5)], until: 0, rate: 0, rampSteps: 0 },
  { layers: [...blocks(6, 16), 'last', 'extra0'], until: 0.42, rate: 0.03, rampSteps: 150 },
];

/** The same for a network with narrower last blocks: what lost channels must learn again, at the full rate. */
const NARROWING_FREEZE: readonly FreezeRule[] = [
  LIGHT_FREEZE[0],
  { layers: blocks(6, 13), until: 0, rate: 0.1, rampSteps: 100 },
];

/** All layers of the light backbone. */
export const BACKBONE: readonly string[] = LIGHT_FREEZE.flatMap(({ layers }) => layers);

function blocks(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `block${first + i}`);
}
