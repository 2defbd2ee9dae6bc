import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { trainOptions } from '../../src/cli/train/train-flags.ts';
import type { TrainFlags } from '../../src/cli/train/train-options.ts';
import { readModel } from '../../src/weights/model-file.ts';
import { shapesDataset, writeCoco } from '../../support/scenes/shapes.ts';
import { runCli, temporaryFolder } from './helpers.ts';

const { at, folder, remove } = temporaryFolder();
afterAll(remove);
const FLAGS: TrainFlags = { out: 'x', tcb: true, armRegression: true, negativeFiltering: true };

describe('trainOptions', () => {
  it('lets flags override a file, field by field', async () => {
    const config = at('config.json');
    const file = { seed: 4, steps: 9, loss: { negativeRatio: 5 }, evaluation: { every: 2 } };
    writeFileSync(config, JSON.stringify(file));
    const flags = { ...FLAGS, config, epochs: 3, evalImages: 7, armRegression: false };
    expect(await trainOptions(flags)).toEqual({
      seed: 4,
      steps: null,
      epochs: 3,
      loss: { negativeRatio: 5, refineAnchors: false },
      evaluation: { every: 2, images: 7 },
    });
  });

  it('lets --workers auto override the number in a file', async () => {
    const config = at('workers.json');
    writeFileSync(config, JSON.stringify({ seed: 4, workers: 3 }));
    expect(await trainOptions({ ...FLAGS, config })).toEqual({ seed: 4, workers: 3 });
    expect(await trainOptions({ ...FLAGS, config, workers: 'auto' })).toEqual({ seed: 4 });
  });

  it('gives every dataset the format, and the map as plain data', async () => {
    const data = [{ path: 'a', split: 'train' }, { path: 'b' }];
    const flags = { ...FLAGS, data, val: [{ path: 'c' }], dataFormat: 'yolo' as const };
    expect(await trainOptions({ ...flags, map: new Map([['tv', 'tvmonitor']]) })).toEqual({
      data: [
        { path: 'a', split: 'train', format: 'yolo' },
        { path: 'b', format: 'yolo' },
      ],
      validation: [{ path: 'c', format: 'yolo' }],
      classMap: { tv: 'tvmonitor' },
    });
  });

  it('names a file that is missing or not JSON', async () => {
    const missing = trainOptions({ ...FLAGS, config: at('none.json') });
    await expect(missing).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    writeFileSync(at('bad.json'), '{');
    const bad = trainOptions({ ...FLAGS, config: at('bad.json') });
    await expect(bad).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('refinedet train', () => {
  it('applies every ablation and every part of the recipe, and records them', async () => {
    const data = writeCoco(folder, await shapesDataset(folder, 4));
    const recipe = {
      accumulate: 2,
      averageDecay: 0.9,
      optimizer: { kind: 'sgd', clipNorm: 5 },
      schedule: { kind: 'multistep', learningRate: 0.01, warmupSteps: 1, milestones: [0.5, 0.75] },
      freeze: [
        { layers: ['stem'], until: 0, rate: 0, rampSteps: 0 },
        { layers: ['block0'], until: 0.5, rate: 0.5, rampSteps: 1 },
      ],
      loss: { arm: { positive: 0.7, negative: 0.3 } },
    };
    writeFileSync(at('recipe.json'), JSON.stringify(recipe));
    const run = at('ablated');
    const size = ['--steps', '4', '--batch', '2', '--input-size', '64', '--workers', '1'];
    const ablations = ['--no-tcb', '--no-arm-regression', '--no-negative-filtering'];
    const args = ['--data', data, '--config', at('recipe.json'), '--out', run, ...size];
    const { code, stderr } = await runCli(['train', ...args, ...ablations, '--quiet']);
    expect(stderr).not.toContain('[');
    expect(code).toBe(0);
    const read = (file: string) => readFileSync(path.join(run, file), 'utf8');
    const { loss, ...others } = recipe;
    const config = JSON.parse(read('config.json'));
    expect(config).toMatchObject({ ...others, graphOptions: { tcb: false } });
    expect(config.loss).toMatchObject({ ...loss, refineAnchors: false, objectnessThreshold: 0 });
    const lines = read('metrics.jsonl').trim().split('\n');
    const rates = lines.map((line) => JSON.parse(line).learningRate);
    // Warm-up, the full rate, and drops at one half and at three quarters.
    const expected = [0.005, 0.01, 0.001, 0.0001];
    expect(rates).toEqual(expected.map((rate) => expect.closeTo(rate, 9)));
    const model = await readModel(readFileSync(path.join(run, 'model.safetensors')));
    expect(model.config).toMatchObject({
      graphOptions: { tcb: false },
      decoding: { refineAnchors: false, objectnessThreshold: 0 },
    });
  }, 120_000);

  it.each([
    [['train'], 'USAGE', '--out'],
    [['train', '--out', 'r'], 'INVALID_OPTION', 'data must name at least one dataset'],
    [['train', '--out', 'r', '--resume', '--batch', '4'], 'USAGE', 'leave out batch'],
    [['train', '--out', 'r', '--resume', '--no-tcb'], 'USAGE', 'leave out ablation'],
    [['train', '--out', 'r', '--epochs', '0'], 'USAGE', '--epochs must be a number above 0'],
    [['train', '--out', 'r', '--backend', 'webpu'], 'USAGE', 'did you mean "webgpu"?'],
    [['train', '--out', 'r', '--data', 'x', '--preset', 'vgg'], 'UNKNOWN_PRESET', 'unknown preset'],
  ])('refuses %j', async (args, code, message) => {
    const { code: exit, stderr } = await runCli(args);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(message);
    expect(exit).toBe(2);
  });
});
