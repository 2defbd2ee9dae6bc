import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../../src/option-schema.ts';
import {
  type FreezeRule,
  type LearningRateSchedule,
  layerRatesAt,
  learningRateAt,
  scheduleSchema,
} from '../../src/training/optimizers/schedule.ts';

const resolved = (options: Partial<LearningRateSchedule>) =>
  resolveOptions('schedule', options, scheduleSchema('cosine'));

describe('learningRateAt', () => {
  const TOTAL = 1200;
  const rate = (step: number, options: Partial<LearningRateSchedule>) =>
    learningRateAt(resolved(options), step, TOTAL);

  it('rises linearly during warm-up', () => {
    const options = { kind: 'constant', learningRate: 0.5, warmupSteps: 4 } as const;
    const rates = [0, 1, 2, 3, 4, 5].map((step) => rate(step, options));
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.5].forEach((expected, i) => {
      expect(rates[i]).toBeCloseTo(expected, 12);
    });
  });

  it('drops at the paper’s milestones', () => {
    const options = { kind: 'multistep', warmupSteps: 0 } as const;
    expect(rate(799, options)).toBeCloseTo(1e-3, 12);
    expect(rate(800, options)).toBeCloseTo(1e-4, 12);
    expect(rate(999, options)).toBeCloseTo(1e-4, 12);
    expect(rate(1000, options)).toBeCloseTo(1e-5, 12);
    expect(rate(1000, { ...options, gamma: 0.5 })).toBeCloseTo(2.5e-4, 12);
  });

  it('decreases along half a cosine', () => {
    const options = { kind: 'cosine', learningRate: 2, warmupSteps: 0 } as const;
    expect(rate(0, options)).toBe(2);
    expect(rate(600, options)).toBeCloseTo(1, 12);
    expect(rate(300, options)).toBeCloseTo(1 + Math.SQRT1_2, 12);
    expect(rate(1200, options)).toBeCloseTo(0, 12);
    expect(rate(2000, options)).toBeCloseTo(0, 12);
  });

  it.each([
    [{ kind: 'cosin' as 'cosine' }, 'not "cosin" (did you mean "cosine"?)'],
    [{ learningRate: 0 }, 'schedule.learningRate must be a number above 0, not 0'],
    [{ warmupSteps: -1 }, 'warmupSteps must be'],
    [
      { milestones: [0.5, 2] },
      'schedule.milestones must be a list, each a number from 0 to 1, not [0.5,2]',
    ],
    [{ gamma: 0 }, 'gamma must be'],
  ])('refuses %j', (options, message) => {
    const attempt = () => resolved(options);
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(attempt).toThrow(message);
  });
});

describe('layerRatesAt', () => {
  const rules: FreezeRule[] = [
    { layers: ['stem', 'block1'], until: 0, rate: 0, rampSteps: 0 },
    { layers: ['block10', 'last'], until: 0.42, rate: 0.03, rampSteps: 2 },
  ];
  const layers = ['stem', 'block1.expand', 'block10.expand', 'last', 'lateral3.reduce', 'lastly'];
  const at = (step: number) => Object.fromEntries(layerRatesAt(rules, layers, step, 100));

  it('keeps some layers frozen and unfreezes others with a ramp', () => {
    const frozen = { stem: 0, 'block1.expand': 0 };
    expect(at(0)).toEqual({ ...frozen, 'block10.expand': 0, last: 0 });
    expect(at(41)).toEqual({ ...frozen, 'block10.expand': 0, last: 0 });
    expect(at(42)['last']).toBeCloseTo(0.01, 12);
    expect(at(43)['last']).toBeCloseTo(0.02, 12);
    expect(at(44)['last']).toBeCloseTo(0.03, 12);
    expect(at(99)).toEqual({ ...frozen, 'block10.expand': 0.03, last: 0.03 });
  });

  it('uses the first rule that names a layer', () => {
    const always: FreezeRule = { layers: ['stem'], until: 0, rate: 1, rampSteps: 0 };
    expect(layerRatesAt([always, ...rules], ['stem'], 0, 100).get('stem')).toBe(1);
  });
});
