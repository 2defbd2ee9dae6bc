/** What is drawn: lines and zones in fractions of the frame, and the file that holds them. */
import type { Point } from '../../../src/stream/zone-geometry.ts';
import { parseZones, type ZoneShape, type Zones } from '../../../src/stream/zones.ts';

export interface Shape {
  kind: 'line' | 'zone';
  name: string;
  points: readonly Point[];
  /** Empty: all. */
  classes: readonly string[];
}

export interface Plan {
  shapes: readonly Shape[];
  /** Fields of the file that are not drawn. */
  others: Pick<Zones, 'coordinates' | 'boxPoint' | 'tolerance'>;
}

export interface Size {
  width: number;
  height: number;
}

export const EMPTY: Plan = { shapes: [], others: {} };

/** Corners of the smallest zone. */
export const LEAST_CORNERS = 3;
/** A ten-thousandth of the frame; of a pixel, a hundredth. */
const FRACTIONS = 1e4;
const PIXELS = 1e2;

/** Reads the text of a zones file; `size` of the frame is needed for coordinates in pixels. */
export function readPlan(text: string, { width, height }: Size): Plan {
  const { lines = [], zones = [], ...others } = parseZones(text);
  const [x, y] = others.coordinates === 'pixels' ? [1 / width, 1 / height] : [1, 1];
  const shapeOf = (kind: Shape['kind'], { name, points, classes = [] }: ZoneShape): Shape => {
    return { kind, name, classes, points: points.map((point) => [point[0] * x, point[1] * y]) };
  };
  const shapes = [
    ...lines.map((line) => shapeOf('line', line)),
    ...zones.map((zone) => shapeOf('zone', zone)),
  ];
  return { shapes, others };
}

/**
 * Returns the text of the zones file, which `--zones` reads.
 * @throws INVALID_OPTION for a name that is missing or given twice, and for a zone without an area
 */
export function writePlan({ shapes, others }: Plan, { width, height }: Size): string {
  const isPixels = others.coordinates === 'pixels';
  const [x, y, steps] = isPixels ? [width, height, PIXELS] : [1, 1, FRACTIONS];
  const rounded = (value: number) => Math.round(value * steps) / steps;
  const of = (kind: Shape['kind']) =>
    shapes
      .filter((shape) => shape.kind === kind)
      .map(({ name, points, classes }) => ({
        name,
        points: points.map((point) => [rounded(point[0] * x), rounded(point[1] * y)]),
        ...(classes.length > 0 && { classes }),
      }));
  const content = { coordinates: 'relative', ...others, lines: of('line'), zones: of('zone') };
  // A pair of numbers per line would make a long file that nobody reads.
  const text = JSON.stringify(content, null, 2).replace(
    /\[\s+(-?[\d.e-]+),\s+(-?[\d.e-]+)\s+\]/g,
    '[$1, $2]',
  );
  parseZones(text);
  return `${text}\n`;
}

/** `gate`, `gate 2` … */
export function freshName(shapes: readonly Shape[], kind: Shape['kind']): string {
  const taken = new Set(shapes.filter((shape) => shape.kind === kind).map(({ name }) => name));
  let name: string = kind;
  for (let n = 2; taken.has(name); n++) name = `${kind} ${n}`;
  return name;
}

/** Keeps a point inside the frame. */
export function inside([x, y]: Point): Point {
  return [Math.min(1, Math.max(0, x)), Math.min(1, Math.max(0, y))];
}

/** Moves a shape as far as the frame allows. */
export function movedBy(shape: Shape, [dx, dy]: Point): Shape {
  const bounded = (axis: 0 | 1, delta: number) => {
    const values = shape.points.map((point) => point[axis]);
    return Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), delta));
  };
  const [x, y] = [bounded(0, dx), bounded(1, dy)];
  return { ...shape, points: shape.points.map((point): Point => [point[0] + x, point[1] + y]) };
}

/** Adds a corner in the middle of the edge behind the given one. */
export function withCorner(shape: Shape, index: number): Shape {
  const [a, b] = [shape.points[index], shape.points[(index + 1) % shape.points.length]];
  const middle: Point = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  return { ...shape, points: shape.points.toSpliced(index + 1, 0, middle) };
}

export function withoutCorner(shape: Shape, index: number): Shape {
  return { ...shape, points: shape.points.toSpliced(index, 1) };
}

export function withPoint(shape: Shape, index: number, point: Point): Shape {
  return { ...shape, points: shape.points.with(index, inside(point)) };
}
