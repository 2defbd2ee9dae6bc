/** Choices for small data, and the end of runs that do not get better. */
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset-types.ts';
import { resolveTrainConfig } from '../../src/training/config/resolve-config.ts';
import { dataWarnings, holdOut } from '../../src/training/plan/hold-out.ts';
import { planTraining } from '../../src/training/plan/training-plan.ts';
import { RunKeeper } from '../../src/training/run/training-run.ts';

const CLASSES = ['cat', 'dog'];

function dataset(perClass: readonly number[]): Dataset {
  const images = perClass.flatMap((count, classId) =>
    Array.from({ length: count }, (_, i) => {
      const name = `${CLASSES[classId]}-${'abcdefghijklmnopqrstuvwxyz'[i % 26]}${i}x.jpg`;
      const box = { x: 0, y: 0, width: 9, height: 9 };
      const boxes = [{ classId, box, difficult: false, crowd: false }];
      return { id: name, fileName: name, path: name, annotationPath: name, boxes };
    }),
  );
  const about = { name: 'test', root: '', format: 'coco', split: 'train' } as const;
  return { ...about, classes: CLASSES, images, warnings: [] };
}

describe('images held out', () => {
  it('are a fifth, of every class, and the same with the same seed', () => {
    const data = dataset([20, 20]);
    const { train, validation } = holdOut(data);
    expect([train.images.length, validation!.images.length]).toEqual([32, 8]);
    const classes = new Set(validation!.images.map(({ boxes }) => boxes[0].classId));
    expect([...classes].sort()).toEqual([0, 1]);
    expect(holdOut(data)).toEqual({ train, validation });
    expect(holdOut(dataset([2, 1])).validation).toBe(undefined);
  });

  it('come with a warning below 20 boxes a class', () => {
    expect(dataWarnings(dataset([20, 20]))).toEqual([]);
    expect(dataWarnings(dataset([20, 19])).join()).toMatch(/below 20 boxes .* dog: 19$/);
    expect(dataWarnings(dataset([1, 1]))).toHaveLength(2);
  });
});

describe('a plan', () => {
  const speed = { imagesPerSecond: 10, startSeconds: 5 };
  const data = holdOut(dataset([20, 20]));

  it('takes the time that it is given, and more pixels when there is more time', () => {
    const plans = [1, 3, 10].map((minutes) => planTraining(data, minutes, speed));
    expect(plans.map(({ inputSize }) => inputSize)).toEqual([192, 256, 320]);
    for (const [i, minutes] of [1, 3].entries()) {
      expect(plans[i].seconds).toBeGreaterThan(40 * minutes);
      expect(plans[i].seconds).toBeLessThanOrEqual(61 * minutes);
    }
    for (const { options, steps } of plans) {
      const config = resolveTrainConfig(options);
      expect(config.steps).toBe(steps);
      expect(config.evaluation.patience).toBe(6);
    }
  });

  it('does not learn a few images by heart on a fast device', () => {
    const fast = planTraining(data, 30, { imagesPerSecond: 500, startSeconds: 1 });
    expect(fast.steps).toBe((80 * 32) / 8);
    expect(fast.seconds).toBeLessThan(60);
  });

  it('evaluates at most once an epoch and some twelve times', () => {
    for (const minutes of [1, 4, 30]) {
      const { options, steps } = planTraining(data, minutes, speed);
      const evaluations = (steps * 8) / 32 / options.evaluation!.every!;
      expect(evaluations).toBeLessThanOrEqual(12.01);
      expect(options.evaluation!.every).toBeGreaterThanOrEqual(1);
    }
    const { options } = planTraining({ train: data.train }, 1, speed);
    expect(options.evaluation).not.toHaveProperty('patience');
  });
});

describe('patience', () => {
  const keeper = (patience: number | null) => {
    const config = resolveTrainConfig({ evaluation: { patience } });
    return new RunKeeper(undefined, config, { classes: CLASSES } as never, dataset([2, 2]));
  };
  const after = (patience: number | null, scores: readonly (number | null)[]) => {
    const run = keeper(patience);
    return scores.map((score, step) => {
      run.remember(step, { score, perClass: {}, images: 1, seconds: 1 });
      return run.isOutOfPatience;
    });
  };

  it('ends after so many evaluations without a better one', () => {
    expect(after(2, [0.1, 0.2, 0.2, 0.1])).toEqual([false, false, false, true]);
    expect(after(2, [0.1, 0.05, 0.2, 0.1, 0.15])).toEqual([false, false, false, false, true]);
    expect(after(1, [null, null])).toEqual([false, true]);
  });

  it('never ends by default', () => {
    expect(after(null, [0.5, 0.1, 0.1, 0.1, 0.1, 0.1])).toEqual(Array(6).fill(false));
  });
});
