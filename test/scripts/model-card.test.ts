import { describe, expect, it } from 'vitest';
import type { Accuracy, SplitAccuracy } from '../../bench/accuracy/results.ts';
import { comparisonTable } from '../../scripts/model-card/comparison-table.ts';
import { VOC_CLASSES } from '../../src/labels.ts';

const every = (value: number) => Object.fromEntries(VOC_CLASSES.map((label) => [label, value]));
const split = (data: string, ap: number): SplitAccuracy => ({
  data,
  images: 2,
  boxes: every(3),
  voc07: every(ap),
  voc12: every(ap),
  coco: every(ap / 2),
  millisecondsAImage: 100 * ap,
});
const detector = (name: string, ...splits: Accuracy['splits']): Accuracy => ({
  name,
  bytes: 5e6,
  loadMs: 9,
  splits,
});
const SHIPPED = detector('RefineDet, shipped', null, split('b test', 0.5));
const BEFORE = detector('RefineDet, before', split('a val', 0.4), split('b test', 0.3));
const PEER = detector('Peer', split('a val', 0.6), split('b test', 0.7));

describe('the comparison of the card', () => {
  it('leaves out what a detector has been trained on, and times all on the same images', () => {
    const [, , ...rows] = comparisonTable([SHIPPED, BEFORE, PEER]).split('\n');
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(cells.map((row) => row[2])).toEqual(['–', '40.0 (40.0, 20.0)', '60.0 (60.0, 30.0)']);
    expect(cells.map((row) => row.at(-2))).toEqual(['50 ms', '30 ms', '70 ms']);
  });

  it('takes each split from the first detector that has not been trained on it', () => {
    const [head] = comparisonTable([SHIPPED, BEFORE]).split('\n');
    expect(head).toContain('a val: all 20');
    expect(() => comparisonTable([SHIPPED])).toThrow('split 1');
  });
});
