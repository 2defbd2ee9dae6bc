import { describe, expect, it } from 'vitest';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import type { TrainOptions } from '../../src/training/config/train-config.ts';

function messageOf(options: object): string {
  try {
    resolveTrainConfig(options as TrainOptions);
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
  return 'no error';
}

describe('resolveTrainConfig', () => {
  it('uses our recipe for the light preset and the paper’s for the others', () => {
    const light = resolveTrainConfig({});
    expect(light.preset).toBe('refinedet320-mobilenet');
    expect(light.batch).toBe(8);
    expect(light.optimizer).toMatchObject({ kind: 'adamw', weightDecay: 0.02, clipNorm: 20 });
    expect(light.schedule.kind).toBe('cosine');
    expect(light.inputSizes).toEqual([
      { from: 0, sizes: [256] },
      { from: 0.25, sizes: [320] },
    ]);
    expect(light.freeze[0].layers).toContain('block5');
    expect(light.freeze[1]).toMatchObject({ until: 0.42, rate: 0.03, rampSteps: 150 });

    const paper = resolveTrainConfig({ preset: 'refinedet512-vgg16' });
    expect(paper.batch).toBe(32);
    expect(paper.optimizer).toMatchObject({ kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 });
    expect(paper.schedule).toMatchObject({ kind: 'multistep', learningRate: 1e-3 });
    expect(paper.freeze).toEqual([]);
    expect(paper.initialization).toBe('xavier');
  });

  it('starts the light preset from the packaged model, and freezes only what was learnt', () => {
    expect(resolveTrainConfig({}).init).toBe('default');
    expect(resolveTrainConfig({ init: 'backbone.safetensors' }).freeze).toHaveLength(2);
    for (const init of ['none', null]) {
      expect(resolveTrainConfig({ init })).toMatchObject({ init: null, freeze: [] });
    }
    expect(resolveTrainConfig({ preset: 'refinedet320-vgg16' }).init).toBe(null);
    const freeze = [{ layers: ['stem'], until: 0, rate: 0, rampSteps: 0 }];
    expect(resolveTrainConfig({ init: null, freeze }).freeze).toEqual(freeze);
  });

  it('does not change through JSON, and resolves to itself', () => {
    for (const preset of ['refinedet320-mobilenet', 'refinedet320-vgg16'] as const) {
      const config = resolveTrainConfig({
        preset,
        data: [{ path: 'boxes', split: 'train' }],
        graphOptions: { tcb: false },
        loss: { objectnessThreshold: 0 },
        steps: 7,
      });
      const again = resolveTrainConfig(JSON.parse(JSON.stringify(config)));
      expect(again).toEqual(config);
    }
  });

  it('fills in groups that are given in part', () => {
    const { schedule, optimizer, augmentation, sampling } = resolveTrainConfig({
      schedule: { learningRate: 0.01 },
      optimizer: { kind: 'sgd', momentum: 0.5 },
      augmentation: { flip: { probability: 0 } },
      sampling: { balance: 1 },
    });
    expect(schedule).toMatchObject({ kind: 'cosine', learningRate: 0.01, warmupSteps: 100 });
    expect(optimizer).toMatchObject({ kind: 'sgd', momentum: 0.5, weightDecay: 5e-4 });
    expect(augmentation.flip.probability).toBe(0);
    expect(resolveTrainConfig({ loss: { arm: { negative: 0.3 } } }).loss).toMatchObject({
      arm: { positive: 0.5, negative: 0.3 },
      weights: { armConf: 1 },
    });
    expect(augmentation.expand).toEqual({ probability: 0.3, maxRatio: 2.5 });
    const { augmentation: paper } = resolveTrainConfig({ preset: 'refinedet320-vgg16' });
    expect(paper.expand).toEqual({ probability: 0.5, maxRatio: 4 });
    expect(sampling).toEqual({ balance: 1, maxRepeat: 8 });
  });

  it('suggests a name for a misspelled one', () => {
    expect(messageOf({ batsh: 8 })).toBe(
      'INVALID_OPTION: unknown option "batsh" (did you mean "batch"?)',
    );
    expect(messageOf({ evaluation: { evry: 1 } })).toContain('did you mean "every"?');
    expect(messageOf({ optimizer: { kind: 'sgd', momentun: 0.9 } })).toContain('"momentum"');
    expect(messageOf({ data: [{ path: 'x', splt: 'train' }] })).toContain('data[0].splt');
    expect(messageOf({ preset: 'refinedet320-mobilnet' })).toMatch(/^UNKNOWN_PRESET/);
    expect(messageOf({ difficult: 'ignroe' })).toContain('(did you mean "ignore"?)');
  });

  it.each([
    [{ lr: 1 }, '"lr" (did you mean "schedule.learningRate"?)'],
    [{ schedule: { lr: 1 } }, '"schedule.lr" (did you mean "learningRate"?)'],
    [{ val: [] }, '"val" (did you mean "validation"?)'],
    [{ batch_size: 8 }, '"batch_size" (did you mean "batch"?)'],
    [{ weightDecay: 0 }, '"weightDecay" (did you mean "optimizer.weightDecay"?)'],
    [{ sampling: { threshold: 1 } }, '"sampling.threshold"; known are balance, maxRepeat'],
  ])('knows the names of other libraries: %j', (options, message) => {
    expect(messageOf(options)).toBe(`INVALID_OPTION: unknown option ${message}`);
  });

  it.each([
    [{ batch: 0 }, 'batch must be a whole number from 1, not 0'],
    [{ epochs: '3' }, 'epochs must be a number above 0, not "3"'],
    [{ averageDecay: 1 }, 'averageDecay must be a number from 0 to below 1, not 1'],
    [{ workers: 65 }, 'workers must be a whole number from 1 to 64, not 65'],
    [{ classes: ['a', 3] }, 'classes must be a list, each a text, or null, not ["a",3]'],
    [{ inputSizes: [] }, 'inputSizes must be a list of at least 1 { from, sizes }, not []'],
    [{ inputSizes: [{ from: 0, sizes: [300] }] }, 'inputSizes[0].sizes must be a list'],
    [
      { inputSizes: [{ from: 0.5, sizes: [320] }] },
      'inputSizes[0].from must be 0 in the first phase, not 0.5',
    ],
    [{ freeze: [{ layers: ['stem'], until: 2, rate: 0, rampSteps: 0 }] }, 'freeze[0].until'],
    [{ loss: { arm: { positive: 2, negative: 0 } } }, 'loss.arm.positive must be a number'],
    [
      { loss: { arm: { positiv: 0.5 } } },
      'unknown option "loss.arm.positiv" (did you mean "positive"?)',
    ],
    [{ loss: { odm: 0.7 } }, 'loss.odm must be an object, not 0.7'],
    [{ loss: { refineAnchors: 'no' } }, 'loss.refineAnchors must be true or false, not "no"'],
    [
      { schedule: { milestones: 0.5 } },
      'schedule.milestones must be a list, each a number from 0 to 1, not 0.5',
    ],
    [{ graphOptions: { tcb: 1 } }, 'graphOptions.tcb must be true or false, not 1'],
    [{ schedule: { kind: 'step' } }, 'schedule.kind must be one of constant, multistep, cosine'],
    [{ schedule: { learningRate: -1 } }, 'schedule.learningRate must be a number above 0, not -1'],
    [{ optimizer: { kind: 'adam' } }, 'optimizer.kind must be one of adamw, sgd, not "adam"'],
    [{ optimizer: { beta1: 1 } }, 'optimizer.beta1 must be a number from 0 to below 1, not 1'],
    [{ optimizer: null }, 'optimizer must be an object, not null'],
    [{ loss: { odm: { positive: 0.4 } } }, 'loss.odm.negative must be at most loss.odm.positive'],
    [{ classMap: { cat: 3 } }, 'classMap["cat"] must be a text, not 3'],
    [{ data: [{ path: 'x', format: 'vok' }] }, 'data[0].format must be one of voc, coco, yolo'],
    [
      {
        inputSizes: [
          { from: 0, sizes: [320] },
          { from: 0, sizes: [256] },
        ],
      },
      'inputSizes[1].from must be above 0, where the phase before it begins, not 0',
    ],
    [{ evaluation: { metric: 'voc' } }, 'evaluation.metric must be one of'],
  ])('refuses %j', (options, message) => {
    expect(messageOf(options)).toContain('INVALID_OPTION: ');
    expect(messageOf(options)).toContain(message);
  });
});
