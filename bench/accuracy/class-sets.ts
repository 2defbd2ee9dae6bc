/** Sets of classes for mean AP, by the detectors of a comparison that have them. */
import { VOC_CLASSES } from '../../src/labels.ts';
import type { SplitAccuracy } from './results.ts';

export const CLASS_SETS: readonly (readonly [name: string, classes: readonly string[]])[] = [
  ['person and five animals', ['person', 'cat', 'cow', 'dog', 'horse', 'sheep']],
  ['person, cat, cow, dog', ['person', 'cat', 'cow', 'dog']],
  ['all 20', VOC_CLASSES],
];

/** Whether a split has boxes of all classes. */
export function hasBoxes({ boxes }: SplitAccuracy, classes: readonly string[]): boolean {
  return classes.every((label) => boxes[label] > 0);
}

/** Mean over classes, in percent. */
export function meanPercent(
  perClass: Readonly<Record<string, number>>,
  classes: readonly string[],
): number {
  return (100 * classes.reduce((sum, label) => sum + perClass[label], 0)) / classes.length;
}
