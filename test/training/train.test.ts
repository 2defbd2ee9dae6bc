import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset-types.ts';
import { loadDataset } from '../../src/datasets/load-dataset.ts';
import { RefineDet } from '../../src/detector.ts';
import { RefineDetError } from '../../src/errors.ts';
import { NO_AUGMENTATION } from '../../src/training/augmentation/augmentation-options.ts';
import type { TrainOptions } from '../../src/training/config/train-config.ts';
import { RunFolder, train } from '../../src/training/index.ts';
import { RUN_FILES, type RunStore } from '../../src/training/run/run-store.ts';
import type { StepRecord } from '../../src/training/run/step-record.ts';
import { type TrainCallOptions, trainOn } from '../../src/training/run/train.ts';
import type { TrainingHost } from '../../src/training/run/training-host.ts';
import { readModel } from '../../src/weights/model-file.ts';
import { sourceHost } from '../../support/node-workers.ts';
import { SHAPE_CLASSES, shapesDataset } from '../../support/scenes/shapes.ts';
import { emptyFolder } from '../datasets/tree.ts';

const shared = (file: string) => fileURLToPath(new URL(`../../../shared/${file}`, import.meta.url));
const BACKBONE = shared('pretrained/ssd-mobilenetv2-oid4.safetensors');
const ANIMALS = shared('data/voc-animals');

const OVERFIT: TrainOptions = {
  workers: 1,
  inputSizes: [{ from: 0, sizes: [128] }],
  augmentation: NO_AUGMENTATION,
  averageDecay: 0.9,
  schedule: { learningRate: 3e-3, warmupSteps: 10 },
  evaluation: { every: 1000 },
};

async function stepsOf(options: TrainOptions, call: TrainCallOptions): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  for await (const record of train(options, call)) records.push(record);
  return records;
}

const quick: TrainOptions = {
  workers: 1,
  batch: 2,
  steps: 3,
  inputSizes: [{ from: 0, sizes: [64] }],
  freeze: [],
};

describe('train', { timeout: 180_000 }, () => {
  it('overfits generated images to AP 1 from random weights; the model then detects', async () => {
    const data = await shapesDataset(emptyFolder(), 4);
    const folder = emptyFolder();
    const options = { ...OVERFIT, init: null, batch: 4, steps: 80 };
    const store = new RunFolder(folder);
    const records = await stepsOf(options, { data: { train: data, validation: data }, store });
    const { evaluation, losses } = records.at(-1)!;
    expect(evaluation).toMatchObject({ score: 1, best: true, images: 4 });
    expect(losses.total).toBeLessThan(records[0].losses.total / 2);
    expect(readdirSync(folder).sort()).toEqual(
      [
        RUN_FILES.best,
        RUN_FILES.checkpoint,
        RUN_FILES.config,
        RUN_FILES.metrics,
        RUN_FILES.model,
      ].sort(),
    );
    using detector = await RefineDet.load(path.join(folder, RUN_FILES.best));
    const found = await detector.detect(data.images[0].path, { scoreThreshold: 0.1 });
    const labels = found.slice(0, 2).map(({ label }) => label);
    expect(labels.sort()).toEqual(SHAPE_CLASSES.toSorted());
    expect(detector.config.provenance).toMatchObject({ steps: 80, seed: 1, metric: 'voc07' });
  });

  it.skipIf(!existsSync(BACKBONE) || !existsSync(ANIMALS))(
    'overfits 8 real images to AP 1 from the pretrained backbone',
    async () => {
      const whole = await loadDataset(ANIMALS, { split: 'train', classes: ['cat', 'dog'] });
      const images = whole.images.filter(({ boxes }) => boxes.length > 0).slice(0, 8);
      const data: Dataset = { ...whole, images };
      const backbone = [
        'stem',
        ...Array.from({ length: 17 }, (_, i) => `block${i}`),
        'last',
        'extra0',
      ];
      const freeze = [{ layers: backbone, until: 0, rate: 0, rampSteps: 0 }];
      const options = { ...OVERFIT, batch: 8, steps: 80, freeze, init: BACKBONE };
      const records = await stepsOf(options, { data: { train: data, validation: data } });
      expect(records.at(-1)!.evaluation!.score).toBe(1);
    },
  );

  it('keeps every matching tensor when the classes change', async () => {
    const data = await shapesDataset(emptyFolder(), 2);
    const [first, second] = [emptyFolder(), emptyFolder()];
    const named = [{ path: 'shapes', split: 'val' }];
    const begin = { ...quick, steps: 1, data: named };
    await stepsOf(begin, { data: { train: data }, store: new RunFolder(first) });
    const init = path.join(first, RUN_FILES.model);
    const notes: string[] = [];
    const train = { ...data, classes: ['square', 'disc', 'star'] };
    const schedule = { learningRate: 1e-12 };
    const options = { ...quick, steps: 1, init, schedule, validation: named };
    const call = { store: new RunFolder(second), onNote: (note: string) => notes.push(note) };
    await stepsOf(options, { data: { train }, ...call });
    // Weight and bias of four class heads.
    expect(notes.join()).toMatch(/\d+ of \d+ tensors kept, the 8 of the class heads begin anew/);
    expect(notes.join()).toMatch(/was trained on shapes:val: its scores there are too good/);
    const models = [first, second].map((folder) =>
      readFileSync(path.join(folder, RUN_FILES.model)),
    );
    const [old, tuned] = await Promise.all(models.map(readModel));
    const kept = 'tcb4.conv1.weight';
    const difference = tuned.weights
      .get(kept)!
      .data.map((value, i) => Math.abs(value - old.weights.get(kept)!.data[i]));
    expect(Math.max(...difference)).toBeLessThan(1e-6);
    // Names of files, not their folders.
    const { provenance } = old.config;
    expect(tuned.config.provenance).toMatchObject({
      init: RUN_FILES.model,
      fineTunedFrom: provenance,
    });
    expect(JSON.stringify(tuned.config)).not.toContain(first);
    expect(tuned.weights.get('odm3.conf.bias')!.shape).toEqual([12]);
  });

  it('finishes the step and saves when it is aborted, and continues to the same end', async () => {
    const data = await shapesDataset(emptyFolder(), 4);
    const [straight, stopped] = [emptyFolder(), emptyFolder()];
    const options = { ...quick, steps: 5 };
    await stepsOf(options, { data: { train: data }, store: new RunFolder(straight) });
    const controller = new AbortController();
    const store = new RunFolder(stopped);
    const call = { data: { train: data }, store, signal: controller.signal };
    for await (const { step } of train(options, call)) if (step === 2) controller.abort();
    expect(existsSync(path.join(stopped, RUN_FILES.model))).toBe(false);
    const rest = await stepsOf({}, { data: { train: data }, store, resume: true });
    expect(rest.map(({ step }) => step)).toEqual([3, 4, 5]);
    const [a, b] = [straight, stopped].map((f) => readFileSync(path.join(f, RUN_FILES.model)));
    expect(b.equals(a)).toBe(true);
    const lines = readFileSync(path.join(stopped, RUN_FILES.metrics), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).step)).toEqual([1, 2, 3, 4, 5]);
    expect(await stepsOf({}, { data: { train: data }, store, resume: true })).toEqual([]);
  });

  it('extends a finished run, and does not shorten it', async () => {
    const data = { train: await shapesDataset(emptyFolder(), 2) };
    const folder = emptyFolder();
    const store = new RunFolder(folder);
    await stepsOf({ ...quick, steps: 2 }, { data, store });
    const rest = await stepsOf({ steps: 4 }, { data, store, resume: true });
    expect(rest.map(({ step }) => step)).toEqual([3, 4]);
    const config = JSON.parse(readFileSync(path.join(folder, RUN_FILES.config), 'utf8'));
    expect(config.steps).toBe(4);
    const shorter = stepsOf({ steps: 1 }, { data, store, resume: true });
    await expect(shorter).rejects.toThrow(/steps must be a whole number from 4/);
    const longer = await stepsOf({ epochs: 6 }, { data, store, resume: true });
    expect(longer.map(({ step }) => step)).toEqual([5, 6]);
  });

  it('says that nothing is kept without a store', async () => {
    const data = { train: await shapesDataset(emptyFolder(), 2) };
    const notes: string[] = [];
    await stepsOf({ ...quick, steps: 1 }, { data, onNote: (note) => notes.push(note) });
    expect(notes).toContain('without the option store, nothing of this run is kept');
  });

  it('resumes without the file that it started from', async () => {
    const data = { train: await shapesDataset(emptyFolder(), 2) };
    const [first, second] = [emptyFolder(), emptyFolder()];
    await stepsOf({ ...quick, steps: 1 }, { data, store: new RunFolder(first) });
    const init = path.join(first, RUN_FILES.model);
    const store = new RunFolder(second);
    for await (const _ of train({ ...quick, init }, { data, store })) break;
    rmSync(init);
    const rest = await stepsOf({}, { data, store, resume: true });
    expect(rest.map(({ step }) => step)).toEqual([2, 3]);
  });

  it('ends its workers even when the last checkpoint cannot be written', async () => {
    const data = { train: await shapesDataset(emptyFolder(), 2) };
    const disk = new FullDisk(new RunFolder(emptyFolder()));
    let running = 0;
    const host: TrainingHost = {
      ...sourceHost,
      startWorker() {
        const port = sourceHost.startWorker();
        running++;
        return { ...port, terminate: () => port.terminate().then(() => void running--) };
      },
    };
    const run = async () => {
      for await (const _ of trainOn(host, { ...quick, workers: 2 }, { data, store: disk })) {
        expect(running).toBe(2);
        disk.isFull = true;
        break;
      }
    };
    await expect(run()).rejects.toMatchObject({ code: 'FILE_WRITE' });
    expect(running).toBe(0);
  });

  it('stops in the middle of an evaluation and repeats it when it continues', async () => {
    const images = await shapesDataset(emptyFolder(), 4);
    const data = { train: images, validation: images };
    const [straight, stopped] = [emptyFolder(), emptyFolder()];
    const options = { ...quick, steps: 4 };
    await stepsOf(options, { data, store: new RunFolder(straight) });
    const store = new RunFolder(stopped);
    const untilEvaluation = async (resume: boolean) => {
      const controller = new AbortController();
      const { signal } = controller;
      const call = { data, store, signal, resume, onEvaluation: () => controller.abort() };
      const records = await stepsOf(resume ? {} : options, call);
      return records.map(({ step, evaluation }) => [step, evaluation !== undefined]);
    };
    const [first, second] = [
      [1, false],
      [2, false],
    ];
    expect(await untilEvaluation(false)).toEqual([first, second]);
    expect(existsSync(path.join(stopped, RUN_FILES.best))).toBe(false);
    // Interrupted again, in the repeated evaluation.
    expect(await untilEvaluation(true)).toEqual([second]);
    const rest = await stepsOf({}, { data, store, resume: true });
    expect(rest.map(({ step }) => step)).toEqual([2, 3, 4]);
    for (const file of [RUN_FILES.model, RUN_FILES.best]) {
      const [a, b] = [straight, stopped].map((folder) => readFileSync(path.join(folder, file)));
      expect(b.equals(a)).toBe(true);
    }
    const [expected, found] = [straight, stopped].map(scoresOf);
    expect(found).toEqual(expected);
    expect(found.map(({ step, score }) => [step, score !== undefined])).toEqual([
      [1, false],
      [2, true],
      [3, false],
      [4, true],
    ]);
    expect(await stepsOf({}, { data, store, resume: true })).toEqual([]);
  });

  it('keeps the last complete checkpoint when the disk is full', async () => {
    const data = await shapesDataset(emptyFolder(), 4);
    const folder = emptyFolder();
    const disk = new FullDisk(new RunFolder(folder));
    const options = { ...quick, steps: 4, checkpointMinutes: 1e-6 };
    const run = async () => {
      for await (const { step } of train(options, { data: { train: data }, store: disk })) {
        if (step === 2) disk.isFull = true;
      }
    };
    await expect(run()).rejects.toMatchObject({ code: 'FILE_WRITE' });
    disk.isFull = false;
    const rest = await stepsOf({}, { data: { train: data }, store: disk, resume: true });
    expect(rest.map(({ step }) => step)).toEqual([3, 4]);
  });

  it('refuses to start in the store of another run, and to resume with other data', async () => {
    const data = await shapesDataset(emptyFolder(), 3);
    const store = new RunFolder(emptyFolder());
    await stepsOf({ ...quick, steps: 1 }, { data: { train: data }, store });
    const again = stepsOf({ ...quick, steps: 1 }, { data: { train: data }, store });
    await expect(again).rejects.toThrow(/checkpoint of another run/);
    const fewer = { ...data, images: data.images.slice(1) };
    const other = stepsOf({}, { data: { train: fewer }, store, resume: true });
    await expect(other).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
    const nothing = stepsOf({}, { store: new RunFolder(emptyFolder()), resume: true });
    await expect(nothing).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(stepsOf({}, {})).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it.each([
    ['transfer connection blocks', { graphOptions: { tcb: false } }],
    ['ARM regression', { loss: { refineAnchors: false } }],
    ['negative anchor filtering', { loss: { objectnessThreshold: 0 } }],
  ])('trains, evaluates and detects without %s', async (_, ablation: TrainOptions) => {
    const data = await shapesDataset(emptyFolder(), 2);
    const folder = emptyFolder();
    const call = { data: { train: data, validation: data }, store: new RunFolder(folder) };
    const records = await stepsOf({ ...quick, ...ablation, steps: 2 }, call);
    expect(records.at(-1)!.evaluation!.score).not.toBeNull();
    const model = await readModel(readFileSync(path.join(folder, RUN_FILES.model)));
    const hasTcb = model.graph.layers.some(({ name }) => name.startsWith('tcb'));
    expect(hasTcb).toBe(!('graphOptions' in ablation));
    // Detection needs no flag: the model file states how to decode its heads.
    const decoding = { refineAnchors: true, objectnessThreshold: 0.01, ...ablation.loss };
    expect(model.config.decoding).toEqual(decoding);
  });
});

function scoresOf(folder: string) {
  const lines = readFileSync(path.join(folder, RUN_FILES.metrics), 'utf8').trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as StepRecord);
  return records.map(({ step, evaluation }) => ({ step, score: evaluation?.score }));
}

/** A store on a disk that fills up. */
class FullDisk implements RunStore {
  readonly #store: RunStore;
  isFull = false;

  constructor(store: RunStore) {
    this.#store = store;
  }

  describe(file: string): string {
    return this.#store.describe(file);
  }

  read(file: string): Promise<Uint8Array | undefined> {
    return this.#store.read(file);
  }

  async write(file: string, content: Uint8Array | string): Promise<void> {
    this.#check(file);
    await this.#store.write(file, content);
  }

  async append(file: string, content: string): Promise<void> {
    this.#check(file);
    await this.#store.append(file, content);
  }

  #check(file: string): void {
    if (this.isFull) throw new RefineDetError('FILE_WRITE', `${file}: the disk is full`);
  }
}
