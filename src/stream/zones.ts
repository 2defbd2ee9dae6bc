/** Lines and zones for counting objects, as a JSON file describes them. */
import { RefineDetError } from '../errors.ts';
import { parseJson } from '../json.ts';
import {
  checkFields,
  checkNames,
  checkObject,
  checkValue,
  FRACTION,
  listOf,
  NOT_NEGATIVE,
  oneOf,
  type Rule,
  TEXT,
} from '../option-checks.ts';
import type { Point } from './zone-geometry.ts';

/** Points of a box that can represent its object. */
const BOX_POINTS = ['bottom', 'center', 'top'] as const;
/** The point of a box that represents its object: the middle of an edge, or the center. */
export type BoxPoint = (typeof BOX_POINTS)[number];

/** A line (two points) or a zone (the corners of a polygon, three or more). */
export interface ZoneShape {
  /** Name, unique among the lines or among the zones. */
  name: string;
  points: readonly Point[];
  /** Names of the classes that count. Default: all. */
  classes?: readonly string[];
}

/** The contents of a zones file. */
export interface Zones {
  /** Unit of points: `relative` for fractions of the frame's sides, 0 to 1, or `pixels`. Default `relative`. */
  coordinates?: 'relative' | 'pixels';
  /** The point of a box that counts. Default `bottom`: the place of the object on the ground. */
  boxPoint?: BoxPoint;
  /**
   * Distance from a line or an edge at which an object counts as beyond it, as a fraction of the height
   * of its box; it keeps jittering boxes from counting twice. Default 0.05.
   */
  tolerance?: number;
  lines?: readonly ZoneShape[];
  zones?: readonly ZoneShape[];
}

const FIELDS = ['coordinates', 'boxPoint', 'tolerance', 'lines', 'zones'];
const LIST: Rule = [Array.isArray, 'a list'];
const isPair = (value: unknown): value is unknown[] => Array.isArray(value) && value.length === 2;

/**
 * Parses the text of a zones file.
 * @throws INVALID_OPTION
 */
export function parseZones(text: string): Zones {
  try {
    return checkZones(parseJson(text));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new RefineDetError('INVALID_OPTION', `zones are not JSON: ${cause.message}`, { cause });
  }
}

/**
 * Checks that a value describes zones.
 * @throws INVALID_OPTION naming the field and its value
 */
export function checkZones(value: unknown): Zones {
  const zones = checkObject('zones', value);
  checkNames('zones.', zones, FIELDS);
  const { coordinates = 'relative', boxPoint = 'bottom', tolerance = 0 } = zones;
  checkValue('zones.coordinates', coordinates, oneOf(['relative', 'pixels']));
  checkValue('zones.boxPoint', boxPoint, oneOf(BOX_POINTS));
  checkValue('zones.tolerance', tolerance, NOT_NEGATIVE);
  const number: Rule =
    coordinates === 'pixels'
      ? [Number.isFinite, 'finite numbers']
      : [FRACTION[0], 'from 0 to 1 (coordinates: relative)'];
  checkShapes('zones.lines', zones['lines'], number, [
    (points) => points.length === 2 && !isSame(points[0], points[1]),
    'two different points',
  ]);
  checkShapes('zones.zones', zones['zones'], number, [
    (points) => points.length >= 3 && area(points) > 0,
    'three or more points around an area',
  ]);
  return zones;
}

function checkShapes(
  name: string,
  shapes: unknown,
  [isNumber, numbers]: Rule,
  [isShape, expected]: readonly [(points: readonly Point[]) => boolean, string],
): void {
  if (shapes === undefined) return;
  checkValue(name, shapes, LIST);
  const known = new Set<unknown>();
  for (const [i, entry] of (shapes as unknown[]).entries()) {
    const place = `${name}[${i}]`;
    const shape = checkObject(place, entry);
    checkFields(`${place}.`, shape, {
      name: [(v) => TEXT[0](v) && !known.has(v), 'a unique text'],
      points: LIST,
      ...(shape['classes'] !== undefined && { classes: listOf(TEXT) }),
    });
    const { name: own, points } = shape as unknown as ZoneShape;
    known.add(own);
    for (const [j, point] of points.entries()) {
      const isPoint: Rule = [(v) => isPair(v) && v.every(isNumber), `[x, y], ${numbers}`];
      checkValue(`${place}.points[${j}]`, point, isPoint);
    }
    checkValue(`${place}.points`, points, [() => isShape(points), expected]);
  }
}

function isSame([ax, ay]: Point, [bx, by]: Point): boolean {
  return ax === bx && ay === by;
}

/** Returns the area by the shoelace formula; it is 0 for points on one line. */
function area(points: readonly Point[]): number {
  const twice = points.reduce((sum, [ax, ay], i) => {
    const [bx, by] = points[(i + 1) % points.length];
    return sum + ax * by - bx * ay;
  }, 0);
  return Math.abs(twice) / 2;
}
