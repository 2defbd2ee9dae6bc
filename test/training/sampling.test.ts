import { describe, expect, it } from 'vitest';
import { presetGraph } from '../../src/model/presets.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import { repeatFactors, Sampler } from '../../src/training/data/sampling.ts';
import { TrainPlan } from '../../src/training/run/run-plan.ts';

const images = (sampler: Sampler, from: number, count: number) =>
  sampler.draws(from, count).map(({ image }) => image);

describe('repeatFactors', () => {
  // Class 0 in four images, class 1 in one.
  const labels = [[0], [0], [0, 0], [0, 1], []];

  it('is 1 everywhere without balance', () => {
    const factors = repeatFactors(labels, 2, { balance: 0, maxRepeat: 8 });
    expect([...factors]).toEqual([1, 1, 1, 1, 1]);
  });

  it('repeats images of rare classes, up to a limit', () => {
    const half = repeatFactors(labels, 2, { balance: 0.5, maxRepeat: 8 });
    expect([...half]).toEqual([1, 1, 1, 2, 1]);
    const limited = repeatFactors(labels, 2, { balance: 1, maxRepeat: 3 });
    expect([...limited]).toEqual([1, 1, 1, 3, 1]);
  });
});

describe('Sampler', () => {
  it('draws every image once per epoch when none is repeated', () => {
    const sampler = new Sampler(new Float64Array(50).fill(1), 3);
    for (const epoch of [0, 1, 2]) {
      const order = images(sampler, 50 * epoch, 50);
      expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    }
    expect(images(sampler, 0, 50)).not.toEqual(images(sampler, 50, 50));
  });

  it('gives the same sequence with any batch size', () => {
    const factors = Float64Array.from({ length: 17 }, (_, i) => 1 + (i % 3) / 2);
    const whole = new Sampler(factors, 5).draws(0, 120);
    const sampler = new Sampler(factors, 5);
    const pieces = Array.from({ length: 24 }, (_, i) => sampler.draws(5 * i, 5)).flat();
    expect(pieces).toEqual(whole);
    expect(new Sampler(factors, 6).draws(0, 120)).not.toEqual(whole);
  });

  it('repeats as often as expected, rounded up or down', () => {
    const factors = Float64Array.of(1, 2.5, 1, 1.5);
    const sampler = new Sampler(factors, 1);
    expect(sampler.epochLength).toBe(6);
    const counts = [0, 0, 0, 0];
    for (const image of images(sampler, 0, 600)) counts[image]++;
    expect(counts[0]).toBe(100);
    expect(counts[1]).toBeGreaterThan(230);
    expect(counts[1]).toBeLessThan(270);
    expect(counts[1] + counts[3]).toBe(400);
  });

  it('wraps around when a batch is larger than the data', () => {
    const sampler = new Sampler(Float64Array.of(1, 1, 1), 1);
    const draws = sampler.draws(0, 8);
    expect(draws.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
    expect(new Set(draws.map(({ epoch, position }) => `${epoch}/${position}`)).size).toBe(8);
  });
});

describe('TrainPlan', () => {
  const graph = presetGraph('refinedet320-mobilenet', 2);
  const sampler = new Sampler(new Float64Array(100).fill(1), 1);
  const plan = (options: Parameters<typeof resolveTrainConfig>[0]) =>
    new TrainPlan(resolveTrainConfig({ batch: 10, ...options }), graph, sampler);

  it('counts epochs and steps', () => {
    expect(plan({ epochs: 3 }).totalSteps).toBe(30);
    expect(plan({ epochs: 0.55 }).totalSteps).toBe(6);
    expect(plan({ steps: 7 }).totalSteps).toBe(7);
    expect(plan({ epochs: 3, accumulate: 2 }).totalSteps).toBe(15);
    expect(plan({ epochs: 3 }).epochsAfter(25)).toBe(2.5);
  });

  it('evaluates after every given number of epochs, and at the end', () => {
    const due = (options: object) => {
      const made = plan(options);
      return Array.from({ length: made.totalSteps }, (_, i) => i + 1).filter((step) =>
        made.evaluatesAfter(step),
      );
    };
    expect(due({ epochs: 3 })).toEqual([10, 20, 30]);
    expect(due({ epochs: 2.5, evaluation: { every: 2 } })).toEqual([20, 25]);
    expect(due({ steps: 4, evaluation: { every: 0.1 } })).toEqual([1, 2, 3, 4]);
  });

  it('changes the input size during the run, at random among several', () => {
    const sizes = [128, 192, 256];
    const made = plan({
      steps: 100,
      inputSizes: [
        { from: 0, sizes: [64] },
        { from: 0.25, sizes },
      ],
    });
    const drawn = Array.from({ length: 100 }, (_, step) => made.inputSize(step));
    expect(new Set(drawn.slice(0, 25))).toEqual(new Set([64]));
    expect(new Set(drawn.slice(25))).toEqual(new Set(sizes));
  });

  it('freezes and unfreezes the backbone', () => {
    const made = plan({ steps: 1000 });
    expect(made.layerRates(0).get('block3.expand')).toBe(0);
    expect(made.layerRates(999).get('block3.expand')).toBe(0);
    expect(made.layerRates(419).get('block13.expand')).toBe(0);
    expect(made.layerRates(999).get('block13.expand')).toBeCloseTo(0.03);
    expect(made.layerRates(999).has('lateral3.reduce')).toBe(false);
  });

  it('rejects an unknown layer to freeze', () => {
    const freeze = [{ layers: ['block6', 'stam'], until: 0, rate: 0, rampSteps: 0 }];
    expect(() => plan({ freeze })).toThrow(
      'freeze[0].layers: the network has no layer "stam" (did you mean "stem"?)',
    );
  });
});
