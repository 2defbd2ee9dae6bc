/** Labels of one image while people draw them: boxes by class name, which survive changes of a class list. */
import type { Box } from '../../boxes.ts';
import { isRecord } from '../../json.ts';

export interface LabelBox {
  /** Class name. */
  label: string;
  /** Source-image pixels. */
  box: Box;
  /** VOC `difficult`. */
  difficult: boolean;
}

export interface ImageLabels {
  boxes: readonly LabelBox[];
  /** Whether a person has finished the image; without boxes it is background then. */
  done: boolean;
}

export const NO_LABELS: ImageLabels = { boxes: [], done: false };

/** Annotation files round: VOC to 1e-4 pixels, others less. */
const TOLERANCE = 1e-3;
const SIDES = ['x', 'y', 'width', 'height'] as const;

export function isSameBox(a: LabelBox, b: LabelBox): boolean {
  return (
    a.label === b.label &&
    a.difficult === b.difficult &&
    SIDES.every((side) => Math.abs(a.box[side] - b.box[side]) < TOLERANCE)
  );
}

export function areSameLabels(a: ImageLabels, b: ImageLabels): boolean {
  return (
    a.done === b.done &&
    a.boxes.length === b.boxes.length &&
    a.boxes.every((box, i) => isSameBox(box, b.boxes[i]))
  );
}

/**
 * Joins two changes of the same labels and loses no box of either: boxes that one side has added stay,
 * boxes that one side has deleted go, and a box that both have changed is there in both versions.
 * @param base labels that both began with
 */
export function mergeLabels(
  base: ImageLabels,
  mine: ImageLabels,
  theirs: ImageLabels,
): ImageLabels {
  const isIn = (labels: ImageLabels, box: LabelBox) =>
    labels.boxes.some((other) => isSameBox(other, box));
  const kept = theirs.boxes.filter((box) => !isIn(base, box) || isIn(mine, box));
  const added = mine.boxes.filter((box) => !isIn(base, box) && !isIn(theirs, box));
  const done = mine.done === base.done ? theirs.done : mine.done;
  return { boxes: [...kept, ...added], done };
}

/** Boxes with another class instead of one; without `to`, the other boxes. */
export function replaceLabel(boxes: readonly LabelBox[], from: string, to?: string): LabelBox[] {
  return boxes.flatMap((box) => {
    if (box.label !== from) return [box];
    return to === undefined ? [] : [{ ...box, label: to }];
  });
}

export function countByClass(boxes: Iterable<LabelBox>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of boxes) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** Parses foreign JSON; undefined for anything but labels with boxes of a positive size. */
export function parseLabels(value: unknown): ImageLabels | undefined {
  if (!isRecord(value) || !Array.isArray(value['boxes'])) return undefined;
  const boxes = value['boxes'].map(parseBox);
  if (!boxes.every((box) => box !== undefined)) return undefined;
  return { boxes, done: value['done'] === true };
}

function parseBox(value: unknown): LabelBox | undefined {
  if (!isRecord(value) || !isRecord(value['box'])) return undefined;
  const { label, difficult } = value;
  const [x, y, width, height] = SIDES.map((side) => (value['box'] as Partial<Box>)[side]);
  const numbers = [x, y, width, height];
  if (!numbers.every((number) => typeof number === 'number' && Number.isFinite(number))) {
    return undefined;
  }
  if (!isClassName(label) || !(width! > 0 && height! > 0)) return undefined;
  const box = { x: x!, y: y!, width: width!, height: height! };
  return { label, box, difficult: difficult === true };
}

/** What every format can hold: one line without spaces at its ends. */
export function isClassName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= 100 &&
    value.trim() === value &&
    !/[\p{Cc}\ufffe\uffff]/u.test(value)
  );
}
