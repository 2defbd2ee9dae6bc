import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dataPart, inputPhases, renaming } from '../../src/cli/train/flag-values.ts';
import { type TrainFlags, trainOptions } from '../../src/cli/train/flags.ts';
import { runCli, temporaryFolder } from './helpers.ts';

const { at } = temporaryFolder();
const FLAGS: TrainFlags = { out: 'x', tcb: true, armRegression: true, negativeFiltering: true };

describe('values of train options', () => {
  it('takes the split from behind the last colon', () => {
    expect(dataPart('boxes:train')).toEqual({ path: 'boxes', split: 'train' });
    expect(dataPart('a:b/VOC:train+val')).toEqual({ path: 'a:b/VOC', split: 'train+val' });
    expect(dataPart('boxes')).toEqual({ path: 'boxes' });
    expect(dataPart('C:\\boxes')).toEqual({ path: 'C:\\boxes' });
    expect(dataPart('C:boxes')).toEqual({ path: 'C:boxes' });
    expect(() => dataPart('boxes:')).toThrow(/names no split/);
  });

  it('reads input sizes by phase', () => {
    expect(inputPhases('320')).toEqual([{ from: 0, sizes: [320] }]);
    expect(inputPhases('256@0,320+384@.25')).toEqual([
      { from: 0, sizes: [256] },
      { from: 0.25, sizes: [320, 384] },
    ]);
    expect(() => inputPhases('256x256')).toThrow(/256@0,320@0.25/);
  });

  it('joins renamings', () => {
    const map = renaming('coco-to-voc', renaming('bike=bicycle'));
    expect(map).toMatchObject({ bike: 'bicycle', airplane: 'aeroplane', tv: 'tvmonitor' });
  });
});

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

  it('names a file that is missing or no JSON', async () => {
    const missing = trainOptions({ ...FLAGS, config: at('none.json') });
    await expect(missing).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    writeFileSync(at('bad.json'), '{');
    const bad = trainOptions({ ...FLAGS, config: at('bad.json') });
    await expect(bad).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('refinedet train', () => {
  it.each([
    [['train'], 'USAGE', '--out'],
    [['train', '--out', 'r'], 'INVALID_OPTION', 'data must name at least one data set'],
    [['train', '--out', 'r', '--resume', '--batch', '4'], 'USAGE', 'leave out batch'],
    [['train', '--out', 'r', '--resume', '--no-tcb'], 'USAGE', 'leave out ablation'],
    [['train', '--out', 'r', '--epochs', '0'], 'USAGE', '--epochs must be a number above 0'],
    [['train', '--out', 'r', '--data', 'x', '--preset', 'vgg'], 'UNKNOWN_PRESET', 'unknown preset'],
  ])('refuses %j', async (args, code, message) => {
    const { code: exit, stderr } = await runCli(args);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(message);
    expect(exit).toBe(2);
  });
});
