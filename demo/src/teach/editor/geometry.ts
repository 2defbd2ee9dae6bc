/** Boxes under the pointer and the arrow keys, in pixels of the image. */
import type { Box } from '../../../../src/boxes.ts';

export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Part of a box that can be pulled: sides by their compass points, `move` for the inside. */
export type Handle = 'n' | 's' | 'w' | 'e' | 'nw' | 'ne' | 'sw' | 'se' | 'move';

/** Boxes are at least this wide and high: smaller ones are slips of the hand. */
const LEAST_SIDE = 2;
/** Positions are kept to a tenth of a pixel. */
const STEPS_PER_PIXEL = 10;

export const CORNERS = ['nw', 'ne', 'sw', 'se'] as const;
export const EDGES = ['n', 's', 'w', 'e'] as const;

/** Where a handle is drawn. */
export function handlePoint({ x, y, width, height }: Box, handle: Handle): Point {
  const across = handle.includes('w') ? 0 : handle.includes('e') ? 1 : 0.5;
  const down = handle.startsWith('n') ? 0 : handle.startsWith('s') ? 1 : 0.5;
  return { x: x + across * width, y: y + down * height };
}

/**
 * The part of a box at a point.
 * @param reach distance at which a side still counts
 */
export function handleAt(point: Point, box: Box, reach: number): Handle | undefined {
  const { x, y, width, height } = box;
  const inside = (value: number, from: number, length: number) =>
    value >= from - reach && value <= from + length + reach;
  if (!inside(point.x, x, width) || !inside(point.y, y, height)) return undefined;
  // Of a box smaller than the reach only the nearer side counts.
  const near = (value: number, from: number, length: number, [low, high]: [string, string]) => {
    const [before, after] = [Math.abs(value - from), Math.abs(value - from - length)];
    if (Math.min(before, after) > reach) return '';
    return before < after ? low : high;
  };
  const side = near(point.y, y, height, ['n', 's']) + near(point.x, x, width, ['w', 'e']);
  return (side || 'move') as Handle;
}

/** Index of the box at a point: the selected one before others, small ones before large ones. */
export function boxAt(
  point: Point,
  boxes: readonly Box[],
  reach: number,
  selected?: number,
): { index: number; handle: Handle } | undefined {
  const area = ({ width, height }: Box) => width * height;
  const order = [...boxes.keys()].sort((a, b) => {
    if (a === selected || b === selected) return a === selected ? -1 : 1;
    return area(boxes[a]) - area(boxes[b]);
  });
  for (const index of order) {
    const handle = handleAt(point, boxes[index], reach);
    if (handle) return { index, handle };
  }
  return undefined;
}

/** The box between two corners, inside the image; undefined for one that is too small. */
export function boxBetween(a: Point, b: Point, image: Size): Box | undefined {
  const [x1, x2] = [a.x, b.x].map((x) => clamp(x, 0, image.width)).sort((p, q) => p - q);
  const [y1, y2] = [a.y, b.y].map((y) => clamp(y, 0, image.height)).sort((p, q) => p - q);
  const box = rounded({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 });
  return box.width >= LEAST_SIDE && box.height >= LEAST_SIDE ? box : undefined;
}

/** Pulls a part of a box; it stays inside the image and never turns inside out. */
export function pull(box: Box, handle: Handle, by: Point, image: Size): Box {
  const { x, y, width, height } = box;
  if (handle === 'move') {
    return rounded({
      ...box,
      x: clamp(x + by.x, Math.min(0, image.width - width), Math.max(0, image.width - width)),
      y: clamp(y + by.y, Math.min(0, image.height - height), Math.max(0, image.height - height)),
    });
  }
  let [x1, y1, x2, y2] = [x, y, x + width, y + height];
  if (handle.includes('w')) x1 = clamp(x1 + by.x, Math.min(0, x1), x2 - LEAST_SIDE);
  if (handle.includes('e')) x2 = clamp(x2 + by.x, x1 + LEAST_SIDE, Math.max(image.width, x2));
  if (handle.startsWith('n')) y1 = clamp(y1 + by.y, Math.min(0, y1), y2 - LEAST_SIDE);
  if (handle.startsWith('s')) y2 = clamp(y2 + by.y, y1 + LEAST_SIDE, Math.max(image.height, y2));
  return rounded({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 });
}

/** A box that fits into an image of another size, at the same place. */
export function fitInto(box: Box, image: Size): Box | undefined {
  const { x, y, width, height } = box;
  return boxBetween({ x, y }, { x: x + width, y: y + height }, image);
}

/** A box in the middle that takes a share of the sides; undefined where it would have no area. */
export function middleBox(image: Size, share: number): Box | undefined {
  const corner = (sign: 1 | -1): Point => {
    return {
      x: Math.round((image.width * (1 + sign * share)) / 2),
      y: Math.round((image.height * (1 + sign * share)) / 2),
    };
  };
  const whole = { x: image.width, y: image.height };
  return boxBetween(corner(-1), corner(1), image) ?? boxBetween({ x: 0, y: 0 }, whole, image);
}

export const clamp = (value: number, low: number, high: number): number =>
  Math.max(low, Math.min(high, value));

function rounded({ x, y, width, height }: Box): Box {
  const round = (value: number) => Math.round(value * STEPS_PER_PIXEL) / STEPS_PER_PIXEL;
  // The far corner is rounded, not the size: it would leave the image otherwise.
  const [x1, y1] = [round(x), round(y)];
  return {
    x: x1,
    y: y1,
    width: round(round(x + width) - x1),
    height: round(round(y + height) - y1),
  };
}
