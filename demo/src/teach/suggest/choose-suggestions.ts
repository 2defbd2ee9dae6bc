/** Which detections are worth offering as boxes. */
import { boxIou, type Detection } from '../../../../src/boxes.ts';
import type { LabelBox } from '../../../../src/datasets/labeling/label-boxes.ts';
import type { Suggestion } from '../editor/paint.ts';

/** Below this, wrong boxes outnumber right ones. */
const LEAST_SCORE = 0.3;
/** A box that covers a suggestion so far is that object. */
const SAME_OBJECT = 0.45;

/**
 * Suggestions for what has no box yet, surest first.
 * @param classes of the project; while there are none, the model may name new ones
 */
export function chooseSuggestions(
  detections: readonly Detection[],
  boxes: readonly LabelBox[],
  classes: readonly string[],
): Suggestion[] {
  return detections
    .filter(({ score, label }) => score >= LEAST_SCORE && isWanted(label, classes))
    .filter(({ box }) => boxes.every((other) => boxIou(box, other.box) < SAME_OBJECT))
    .map(({ label, score, box }) => ({ label, score, box: tenths(box), difficult: false }))
    .sort((a, b) => b.score - a.score);
}

const isWanted = (label: string, classes: readonly string[]): boolean =>
  classes.length === 0 || classes.includes(label);

function tenths({ x, y, width, height }: Detection['box']): Detection['box'] {
  const round = (value: number) => Math.round(10 * value) / 10;
  return { x: round(x), y: round(y), width: round(width), height: round(height) };
}
