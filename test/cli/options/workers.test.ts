import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { RANK_OPTIONS } from '../../../src/cli/dataset/dataset-options.ts';
import { DETECT_OPTIONS } from '../../../src/cli/detect/detect-command-options.ts';
import { EVAL_OPTIONS } from '../../../src/cli/eval/eval-options.ts';
import type { OptionTable } from '../../../src/cli/options/option-table.ts';
import { workersFor } from '../../../src/cli/runner/runner.ts';
import { trainOptions } from '../../../src/cli/train/train-flags.ts';
import { TRAIN_OPTIONS } from '../../../src/cli/train/train-options.ts';

const TABLES: OptionTable[] = [DETECT_OPTIONS, EVAL_OPTIONS, RANK_OPTIONS, TRAIN_OPTIONS];

describe('--workers', () => {
  it('takes auto or a number in every command that has it', () => {
    for (const table of TABLES) {
      const { workers } = Object.assign({}, ...Object.values(table));
      expect(workers.parse('auto', '--workers')).toBe('auto');
      expect(workers.parse('3', '--workers')).toBe(3);
      for (const wrong of ['0', '-1', '1.5', 'all', '', '999']) {
        expect(() => workers.parse(wrong, '--workers')).toThrow(`1 to`);
        expect(() => workers.parse(wrong, '--workers')).toThrow(`not "${wrong}"`);
      }
    }
  });

  it('starts one worker by default, one per core with auto, never more than images', () => {
    expect(workersFor(9)).toBe(1);
    expect(workersFor(9, 3)).toBe(3);
    expect(workersFor(2, 3)).toBe(2);
    expect(workersFor(10_000, 'auto')).toBe(Math.min(availableParallelism(), 256));
    expect(workersFor(1, 'auto')).toBe(1);
  });

  it('auto of train is what applies without the option', async () => {
    const flags = { out: 'x', tcb: true, armRegression: true, negativeFiltering: true };
    expect(await trainOptions({ ...flags, workers: 'auto' })).toEqual(await trainOptions(flags));
    expect(await trainOptions({ ...flags, workers: 2 })).toEqual({ workers: 2 });
  });
});
