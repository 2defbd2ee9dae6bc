/** Files of a training besides data: its configuration, and the run to resume. */
import { trainOptions } from '../../../src/cli/train/train-flags.ts';
import { resolveTrainConfig } from '../../../src/training/config/resolve-config.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/training/run/checkpoint.ts';
import type { RunStore } from '../../../src/training/run/run-store.ts';
import { readMetrics, resumedModel } from '../../../src/training/run/training-run.ts';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.ts';
import { randomModel } from '../../../support/models/random-model.ts';
import { encoded, type FuzzTarget } from '../target.ts';
import { inputFolder } from './folder.ts';

const GIVEN = {
  preset: 'refinedet320-mobilenet',
  data: [{ path: 'data', split: 'train' }],
  classes: ['cat', 'dog'],
  classMap: { a: 'b' },
  init: null,
  steps: 3,
} as const;

const CONFIG_WORDS = [
  ...['"preset"', '"schedule"', '"optimizer"', '"kind"', '"sgd"', '"multistep"', '"milestones"'],
  ...['"freeze"', '"augmentation"', '"loss"', '"data"', '"path"', '"inputSizes"', '"evaluation"'],
];

const file = inputFolder('config.json');
const config: FuzzTarget = {
  name: 'train-config',
  seeds: () => [GIVEN, resolveTrainConfig(GIVEN)].map((value) => encoded(JSON.stringify(value))),
  words: CONFIG_WORDS,
  folder: file.folder,
  async read(input) {
    const flags = { tcb: false, armRegression: false, negativeFiltering: true, lr: 0.1, out: 'x' };
    resolveTrainConfig(await trainOptions({ ...flags, config: file.write(input) }));
  },
};

function checkpointFile(): Uint8Array {
  const numbers = new Float32Array(4);
  return encodeCheckpoint({
    trainer: {
      ...{ step: 1, averageUpdates: 1, weights: numbers, averages: numbers },
      optimizer: { first: numbers, second: numbers },
    },
    config: resolveTrainConfig(GIVEN),
    model: randomModel().config,
    images: 2,
    history: [{ step: 1, score: 0.5, perClass: { cat: 0.5 }, images: 2, seconds: 1, best: true }],
  });
}

/** Looks up the network of a checkpoint; its weights are too few for any network. */
function readCheckpoint(input: Uint8Array): void {
  const { trainer, ...rest } = decodeCheckpoint(input, 'the file');
  resolveTrainConfig(rest.config);
  try {
    resumedModel({ trainer, ...rest });
  } catch (error) {
    if ((error as { code?: string }).code !== 'CHECKPOINT_MISMATCH') throw error;
  }
}

const checkpoint: FuzzTarget = {
  name: 'checkpoint',
  seeds: () => [checkpointFile()],
  words: CONFIG_WORDS,
  read: readCheckpoint,
};

const checkpointState: FuzzTarget = {
  name: 'checkpoint-state',
  seeds: () => [encoded(readSafetensors(checkpointFile()).metadata.get('state')!)],
  words: CONFIG_WORDS,
  read(input) {
    const tensors = ['weights', 'averages', 'optimizer.first'].map(
      (name) => [name, { dtype: 'F32', shape: [1], write: () => {} }] as const,
    );
    const state = new TextDecoder().decode(input);
    const metadata = { format: 'refinedet-checkpoint', formatVersion: '1', state };
    readCheckpoint(writeSafetensors(new Map(tensors), metadata));
  },
};

const metrics: FuzzTarget = {
  name: 'metrics',
  seeds: () => [encoded('{"step":1,"epoch":0.5}\n{"step":2,"epoch":1}\n{"st')],
  words: ['{"step":3}', '\n', '\r\n'],
  async read(input) {
    const refuse = () => Promise.reject(new Error('nothing is written here'));
    const store: RunStore = {
      describe: (name) => name,
      read: async () => input,
      write: refuse,
      append: refuse,
    };
    await readMetrics(store);
  },
};

export const TRAINING_TARGETS: readonly FuzzTarget[] = [
  config,
  checkpoint,
  checkpointState,
  metrics,
];
