import { describe, expect, it } from 'vitest';
import { cpu } from '../../src/backend/cpu.ts';
import type { TfjsBackend } from '../../src/backend/tfjs.ts';
import { NO_AUGMENTATION } from '../../src/training/augmentation/options.ts';
import type { TrainOptions } from '../../src/training/config/types.ts';
import { train } from '../../src/training/index.ts';
import { emptyFolder } from '../datasets/tree.ts';
import { shapesDataset } from './shapes.ts';

const OPTIONS: TrainOptions = {
  workers: 1,
  batch: 2,
  steps: 4,
  inputSizes: [{ from: 0, sizes: [64] }],
  // The lower half of the backbone never learns, the upper one from the third step on.
  freeze: [
    { layers: ['stem', 'block0', 'block1', 'block2', 'block3'], until: 0, rate: 0, rampSteps: 0 },
    { layers: ['block12', 'block13', 'last'], until: 0.5, rate: 0.1, rampSteps: 1 },
  ],
  augmentation: NO_AUGMENTATION,
  evaluation: { every: 1000 },
};

describe('a backend of tfjs as the device of a training', () => {
  // The composed gradients, on the one backend that is everywhere.
  it('takes the steps that the wasm kernels take, and scores the same', {
    timeout: 180_000,
  }, async () => {
    const images = await shapesDataset(emptyFolder(), 4);
    const data = { train: images, validation: images };
    const course = async (gpu?: TfjsBackend) => {
      const records = [];
      for await (const record of train(OPTIONS, { data, gpu })) records.push(record);
      return records;
    };
    const expected = await course();
    const found = await course(cpu);
    expect(found).toHaveLength(4);
    for (const [i, { losses, gradientNorm, evaluation }] of found.entries()) {
      for (const part of ['armConf', 'armLoc', 'odmConf', 'odmLoc', 'total'] as const) {
        const scale = Math.max(1, Math.abs(expected[i].losses[part]));
        expect(Math.abs(losses[part] - expected[i].losses[part]) / scale).toBeLessThan(1e-3);
      }
      expect(gradientNorm / expected[i].gradientNorm).toBeCloseTo(1, 2);
      expect(evaluation?.score).toEqual(expected[i].evaluation?.score);
    }
  });
});
