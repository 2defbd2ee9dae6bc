/** Options of `refinedet train`. */
import { METRICS } from '../../evaluation/evaluate.ts';
import {
  CLASS_MAP,
  classes,
  DATA,
  DATA_FORMAT,
  MODEL_WORD,
  orModels,
  QUIET,
  TRAINING_BACKEND,
} from '../options/common-rows.ts';
import { dataPart } from '../options/data-part.ts';
import { type FlagsOf, off, on, required, text, value } from '../options/option-table.ts';
import {
  autoOrCount,
  choice,
  count,
  fraction,
  inputPhases,
  listOf,
  positive,
} from '../options/parsers.ts';

const MAX_WORKERS = 64;
const PARTS = listOf((given) => dataPart(given));

export const TRAIN_OPTIONS = {
  'Data:': {
    data: value('<path[:split]>', PARTS, `${DATA.help}; several are joined by class name`, {
      short: 'd',
    }),
    val: value('<path[:split]>', PARTS, 'validation data, like --data', {
      default: 'none',
      aliases: ['validation'],
    }),
    dataFormat: { ...DATA_FORMAT, help: 'format of all datasets' },
    classes: classes('classes to train', 'those of the data'),
    map: CLASS_MAP,
    balance: value('<x>', fraction, 'repeat images of rare classes: 0 off, 1 all classes alike', {
      default: '0.5',
    }),
  },
  'Network:': {
    preset: text('<name>', 'network to train', { short: 'p', default: 'refinedet320-mobilenet' }),
    init: text(
      '<file>',
      `weights to start from: ${orModels('none', 'a backbone', 'a model to fine-tune')}`,
      {
        short: 'i',
        default: 'the model of the preset, if the package has one',
      },
    ),
    distill: text('<model>', `model to learn from besides the boxes: ${MODEL_WORD}`, {
      default: 'none',
    }),
    inputSize: value(
      '<sizes>',
      inputPhases,
      'pixels, by fraction of the run: 320 or 256@0,320@0.25 or 256+320+384',
      { default: 'by preset' },
    ),
    tcb: off('without transfer connection blocks (ablation)'),
    armRegression: off('without anchors refined by the ARM (ablation)'),
    negativeFiltering: off('without filtering of easy negative anchors (ablation)'),
  },
  'Training:': {
    epochs: value('<n>', positive, 'passes over the data', { short: 'e', default: '30' }),
    steps: value('<n>', count(), 'steps, instead of epochs'),
    batch: value('<n>', count(), 'images per step', {
      short: 'b',
      default: 'by preset',
      aliases: ['batchSize'],
    }),
    lr: value('<rate>', positive, 'learning rate', { default: '0.001', aliases: ['learningRate'] }),
    optimizer: value('<name>', choice(['adamw', 'sgd']), 'optimizer', { default: 'by preset' }),
    seed: value('<n>', count(), 'seed of all random numbers', { default: '1' }),
    workers: value('<n>', autoOrCount(MAX_WORKERS), 'workers, each with a slice of the batch', {
      default: 'auto: one per core',
    }),
    backend: TRAINING_BACKEND,
    evalEvery: value('<n>', positive, 'epochs between evaluations', { default: '1' }),
    evalImages: value('<n>', count(), 'evaluate only this many images', { default: 'all' }),
    metric: value('<metric>', choice(METRICS), 'metric of evaluations', { default: 'voc07' }),
    patience: value('<n>', count(), 'end after this many evaluations without a better one', {
      default: 'never',
    }),
  },
  'Run:': {
    out: required(text('<dir>', 'folder of the run', { short: 'o' })),
    config: text('<file>', 'options as JSON, such as config.json of a run; flags override them'),
    resume: on('continue the run in --out; a larger --epochs or --steps extends it'),
    force: on('start also from weights of which most do not fit'),
    quiet: { ...QUIET, help: 'no progress' },
  },
};

export type TrainFlags = FlagsOf<typeof TRAIN_OPTIONS>;
