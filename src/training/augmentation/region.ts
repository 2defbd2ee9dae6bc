/** Regions of images and of the network input, and the boxes in them. */
import type { Truth } from '../loss/truth.ts';

/** Fractions of the sides of an image; may be larger than the image. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const WHOLE: Region = { x: 0, y: 0, width: 1, height: 1 };

/** One box before it becomes part of a {@link Truth}: corners, fractions. */
export interface LabeledBox {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  classId: number;
  ignored: boolean;
}

export function toBoxes({ boxes, classIds, ignored }: Truth): LabeledBox[] {
  return Array.from(classIds, (classId, g) => ({
    x1: boxes[4 * g],
    y1: boxes[4 * g + 1],
    x2: boxes[4 * g + 2],
    y2: boxes[4 * g + 3],
    classId,
    ignored: ignored[g] === 1,
  }));
}

export function toTruth(boxes: readonly LabeledBox[]): Truth {
  return {
    boxes: Float32Array.from(boxes.flatMap(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2])),
    classIds: Int32Array.from(boxes, ({ classId }) => classId),
    ignored: Uint8Array.from(boxes, ({ ignored }) => Number(ignored)),
  };
}

/** Converts a region of a region to the frame of the outer region. */
export function within(outer: Region, { x, y, width, height }: Region): Region {
  return {
    x: outer.x + x * outer.width,
    y: outer.y + y * outer.height,
    width: width * outer.width,
    height: height * outer.height,
  };
}

/** Converts boxes to fractions of a region in the same frame. */
export function relativeTo(
  { x, y, width, height }: Region,
  boxes: readonly LabeledBox[],
): LabeledBox[] {
  return boxes.map((box) => ({
    ...box,
    x1: (box.x1 - x) / width,
    y1: (box.y1 - y) / height,
    x2: (box.x2 - x) / width,
    y2: (box.y2 - y) / height,
  }));
}

/**
 * Clips boxes, given as fractions of a region, to the region. Drops boxes whose center is outside;
 * keeps ignored boxes as long as any part is inside.
 */
export function visible(boxes: readonly LabeledBox[]): LabeledBox[] {
  return boxes
    .filter((box) => box.ignored || isCentered(box))
    .map((box) => ({
      ...box,
      x1: clamp(box.x1),
      y1: clamp(box.y1),
      x2: clamp(box.x2),
      y2: clamp(box.y2),
    }))
    .filter(({ x1, y1, x2, y2 }) => x2 > x1 && y2 > y1);
}

/** Whether the center of a box is inside its region. */
export function isCentered({ x1, y1, x2, y2 }: LabeledBox): boolean {
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  return x >= 0 && x <= 1 && y >= 0 && y <= 1;
}

/** Area of the intersection of a region and a box. */
export function sharedArea(region: Region, { x1, y1, x2, y2 }: LabeledBox): number {
  const { x, y, width, height } = region;
  return (
    Math.max(0, Math.min(x + width, x2) - Math.max(x, x1)) *
    Math.max(0, Math.min(y + height, y2) - Math.max(y, y1))
  );
}

export function boxArea({ x1, y1, x2, y2 }: LabeledBox): number {
  return (x2 - x1) * (y2 - y1);
}

export function mirror(boxes: readonly LabeledBox[]): LabeledBox[] {
  return boxes.map((box) => ({ ...box, x1: 1 - box.x2, x2: 1 - box.x1 }));
}

/** Rounds to float32 at once: a box with an area here also has an area in the heap. */
function clamp(value: number): number {
  return Math.fround(Math.min(Math.max(value, 0), 1));
}
