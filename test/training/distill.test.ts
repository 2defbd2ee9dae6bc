import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isTrainedOn } from '../../src/datasets/provenance.ts';
import { PRESETS } from '../../src/model/presets.ts';
import { NO_AUGMENTATION } from '../../src/training/augmentation/augmentation-options.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import type { TrainOptions } from '../../src/training/config/train-config.ts';
import { initialModel } from '../../src/training/init/initial-weights.ts';
import { RunFolder } from '../../src/training/node/run-folder.ts';
import { RUN_FILES, type RunStore } from '../../src/training/run/run-store.ts';
import type { StepRecord } from '../../src/training/run/step-record.ts';
import { trainOn } from '../../src/training/run/train.ts';
import { readModel, writeModel } from '../../src/weights/model-file.ts';
import { sourceHost } from '../../support/node-workers.ts';
import { SHAPE_CLASSES, shapesDataset } from '../../support/scenes/shapes.ts';
import { emptyFolder } from '../datasets/tree.ts';

const OPTIONS: TrainOptions = {
  preset: 'refinedet192-nano',
  init: null,
  batch: 2,
  steps: 12,
  inputSizes: [{ from: 0, sizes: [64] }],
  augmentation: NO_AUGMENTATION,
  schedule: { learningRate: 3e-3, warmupSteps: 1 },
};

/** A teacher of another architecture with random weights. */
async function teacherFile(classes: readonly string[]): Promise<string> {
  const { model } = await initialModel(resolveTrainConfig({ init: null, seed: 5 }), classes);
  const file = path.join(emptyFolder(), 'teacher.safetensors');
  writeFileSync(file, await writeModel(model));
  return file;
}

async function run(options: TrainOptions, store?: RunStore): Promise<StepRecord[]> {
  const data = { train: await shapesDataset(emptyFolder(), 2) };
  const records: StepRecord[] = [];
  const steps = trainOn(sourceHost, { ...OPTIONS, ...options }, { data, store, onNote() {} });
  for await (const step of steps) records.push(step);
  return records;
}

describe('distillation', { timeout: 180_000 }, () => {
  it('brings the outputs nearer to those of the teacher', async () => {
    const distill = await teacherFile(SHAPE_CLASSES);
    const only = { armConf: 0, armLoc: 0, odmConf: 0, odmLoc: 0 };
    const records = await run({ distill, workers: 1, loss: { weights: only } });
    const losses = records.map(({ losses: { teacher, total } }) => ({ teacher, total }));
    for (const { teacher, total } of losses) expect(total).toBeCloseTo(teacher, 6);
    expect(losses.at(-1)!.teacher).toBeLessThan(0.7 * losses[0].teacher);
  });

  it('is the same with two workers', async () => {
    const distill = await teacherFile(SHAPE_CLASSES);
    const [one, two] = [
      await run({ distill, workers: 1, steps: 2 }),
      await run({ distill, workers: 2, steps: 2 }),
    ];
    for (const [i, { losses }] of one.entries()) {
      expect(losses.teacher).toBeGreaterThan(0);
      expect(two[i].losses.teacher).toBeCloseTo(losses.teacher, 3);
    }
  });

  it('names the teacher and its data in the model file; who knows the teacher knows the data', async () => {
    const { model } = await initialModel(resolveTrainConfig({ init: null }), SHAPE_CLASSES);
    const distill = path.join(emptyFolder(), 'teacher.safetensors');
    const provenance = { data: ['voc:val'], fineTunedFrom: { data: ['coco:train'] } };
    writeFileSync(distill, await writeModel({ ...model, config: { ...model.config, provenance } }));
    const folder = emptyFolder();
    await run({ distill, workers: 1, steps: 1 }, new RunFolder(folder));
    const { config } = await readModel(readFileSync(path.join(folder, RUN_FILES.model)));
    expect(config.provenance).toMatchObject({
      teacher: { file: 'teacher.safetensors', data: ['voc:val', 'coco:train'] },
      loss: { boxLoss: 'smooth-l1', overlapTargets: false },
    });
    expect(isTrainedOn(config.provenance, { path: 'voc', split: 'val' })).toBe(true);
    expect(isTrainedOn(config.provenance, { path: 'voc', split: 'test' })).toBe(false);
  });

  it('finds a model of the package by its name', async () => {
    await expect(run({ distill: 'nano' })).rejects.toThrow(
      /^distill: nano cannot teach this run: its classes are \["aeroplane"/,
    );
  });

  it('refuses a teacher of other classes, and one with another input', async () => {
    const other = run({ distill: await teacherFile(['a', 'b']), workers: 1 });
    await expect(other).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(
        /teacher\.safetensors cannot teach this run: its classes are \["a","b"\]/,
      ),
    });
    const distill = await teacherFile(SHAPE_CLASSES);
    const vgg = run({ distill, workers: 1, preset: 'refinedet320-vgg16' });
    expect(PRESETS['refinedet320-vgg16'].channelOrder).toBe('BGR');
    await expect(vgg).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
