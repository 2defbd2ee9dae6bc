import { describe, expect, it } from 'vitest';
import type { Accuracy, SplitAccuracy } from '../../bench/accuracy/results.ts';
import { classTable, comparisonTable } from '../../scripts/model-card/tables.ts';
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

describe('the tables of the card', () => {
  it('take each split from the first of our models that has not been trained on it', () => {
    const [head, , ...rows] = classTable([SHIPPED, PEER, BEFORE]).split('\n');
    expect(head).toContain('a val, before: boxes');
    expect(head).toContain('b test, shipped: boxes');
    expect(rows[0]).toBe('| aeroplane | 3 | 40.0 | 40.0 | 20.0 | 3 | 50.0 | 50.0 | 25.0 |');
    expect(() => classTable([SHIPPED, PEER])).toThrow('split 1');
  });

  it('leave out what a detector has been trained on, and time all on the same images', () => {
    const [, , ...rows] = comparisonTable([SHIPPED, BEFORE, PEER]).split('\n');
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(cells.map((row) => row[2])).toEqual(['–', '40.0 (40.0, 20.0)', '60.0 (60.0, 30.0)']);
    expect(cells.map((row) => row.at(-2))).toEqual(['50 ms', '30 ms', '70 ms']);
  });
});
