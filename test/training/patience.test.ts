/** Early stopping: a run ends when it does not get better. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/training/config/train-config.ts';
import { RunFolder, train } from '../../src/training/index.ts';
import { checkpointModel } from '../../src/training/run/checkpoint-model.ts';
import { RUN_FILES } from '../../src/training/run/run-store.ts';
import type { TrainCallOptions } from '../../src/training/run/train.ts';
import { readModel } from '../../src/weights/model-file.ts';
import { shapesDataset } from '../../support/scenes/shapes.ts';
import { emptyFolder } from '../datasets/tree.ts';

/** One step an epoch, with random weights that find nothing. */
const OPTIONS: TrainOptions = {
  workers: 1,
  batch: 2,
  steps: 12,
  init: null,
  inputSizes: [{ from: 0, sizes: [64] }],
  schedule: { learningRate: 1e-9 },
  evaluation: { every: 1, patience: 2 },
};

async function stepsOf(options: TrainOptions, call: TrainCallOptions): Promise<number[]> {
  const steps: number[] = [];
  const quiet = { ...call, onNote: () => {} };
  for await (const { step } of train(options, quiet)) steps.push(step);
  return steps;
}

describe('patience', { timeout: 120_000 }, () => {
  it('ends a run early with its model, and can be extended', async () => {
    const images = await shapesDataset(emptyFolder(), 2);
    const data = { train: images, validation: images };
    const folder = emptyFolder();
    const store = new RunFolder(folder);
    let evaluations = 0;
    const onPredictions = () => void evaluations++;
    expect(await stepsOf(OPTIONS, { data, store, onPredictions })).toEqual([1, 2, 3]);
    expect(evaluations).toBe(3);
    for (const file of [RUN_FILES.best, RUN_FILES.model]) {
      expect(existsSync(path.join(folder, file))).toBe(true);
    }
    expect(await stepsOf({}, { data, store, resume: true })).toEqual([]);
    const more = { evaluation: { patience: 4 } };
    expect(await stepsOf(more, { data, store, resume: true })).toEqual([4, 5]);
  });

  it('needs validation data', async () => {
    const data = { train: await shapesDataset(emptyFolder(), 2) };
    await expect(stepsOf(OPTIONS, { data })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('the model of a checkpoint', () => {
  it('has the averaged weights of a run that was stopped before an evaluation', async () => {
    const images = await shapesDataset(emptyFolder(), 2);
    const store = new RunFolder(emptyFolder());
    const options = { ...OPTIONS, steps: 2, evaluation: {} };
    await stepsOf(options, { data: { train: images }, store });
    const model = await readModel(await checkpointModel(store));
    const written = await readModel((await store.read(RUN_FILES.model))!);
    expect(model.config.classes).toEqual(written.config.classes);
    for (const [name, { data }] of written.weights) {
      const same = Buffer.compare(bytesOf(model.weights.get(name)!.data), bytesOf(data));
      expect([name, same]).toEqual([name, 0]);
    }
  });
});

/** Arrays of millions of numbers are compared fast as bytes. */
const bytesOf = (data: Float32Array): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);
